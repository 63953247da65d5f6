/** A real posternd on a free port, with its data in a folder of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { newFolder, removeFolder } from './folders';

const BUILT = fileURLToPath(new URL('../../../target/debug/posternd', import.meta.url));
const POSTERND = process.env['POSTERND'] ?? BUILT;
const READY = /posternd is listening on (http:\/\/\S+) and smtp:\/\/127\.0\.0\.1:(\d+)/;

export interface Server {
  url: string;
  /** Where it takes mail, on this machine. */
  smtpPort: number;
  /** The most memory it has had so far. */
  peakBytes(): Promise<number>;
  stop(): Promise<void>;
  /** What posternd answers to these words, beside it and with its settings. */
  byHand(...words: string[]): Promise<string>;
  /** Ends it, and starts it on the same data and at the same address, with other settings. */
  again(settings: Record<string, string>): Promise<Server>;
}

export async function startServer(settings: Record<string, string> = {}): Promise<Server> {
  return startOn(await newFolder('web'), settings);
}

async function startOn(data: string, settings: Record<string, string>, address = '127.0.0.1:0'): Promise<Server> {
  const process_ = spawn(POSTERND, ['all', '--data', data, '--http', address, '--smtp', '127.0.0.1:0'], {
    // A story does in seconds what a stranger would need hours for.
    env: {
      ...process.env,
      POSTERN_LIMITS_STRANGER_BURST: '10000',
      POSTERN_LIMITS_LOGIN_BURST: '10000',
      POSTERN_MAIL_SPOOL_BYTES: '1048576',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url, smtpPort] = await ready(process_);
  return {
    url,
    smtpPort,
    peakBytes: () => peakBytes(process_.pid ?? 0),
    async stop() {
      await end(process_);
      await removeFolder(data);
    },
    async byHand(...words) {
      const env = { ...process.env, ...settings };
      const { stdout } = await promisify(execFile)(POSTERND, ['--data', data, ...words], { env });
      return stdout;
    },
    async again(changed) {
      await end(process_);
      return startOn(data, changed, new URL(url).host);
    },
  };
}

async function end(server: ChildProcess) {
  server.kill('SIGTERM');
  await once(server, 'exit');
}

function ready(server: ChildProcess): Promise<[url: string, smtpPort: number]> {
  return new Promise((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`posternd ended with ${code} before it was ready`)));
    server.once('error', reject);
    if (!server.stdout) return reject(new Error('no output to read'));
    createInterface(server.stdout).on('line', (line) => {
      const [, url, port] = READY.exec(line) ?? [];
      if (url && port) resolve([url, Number(port)]);
    });
  });
}

async function peakBytes(pid: number): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
