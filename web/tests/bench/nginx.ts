/** nginx as all races start it: by the program that runs those outside of a browser. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';

export interface Nginx {
  url: string;
  /** Puts a file of this disk there. */
  put(path: string, file: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startNginx(): Promise<Nginx> {
  const program = process.env['POSTERN_BENCH'];
  if (!program) throw new Error('`cargo xtask bench --peers` says where postern-bench is');
  const child = spawn(program, ['nginx'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    url,
    async put(path, file) {
      const { size } = await stat(file);
      const put = request(url + path, { method: 'PUT', headers: { 'content-length': size } });
      const answered = once(put, 'response');
      await pipeline(createReadStream(file), put);
      const [{ statusCode }] = (await answered) as [{ statusCode: number }];
      if (statusCode !== 201) throw new Error(`nginx answers ${statusCode}`);
    },
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
