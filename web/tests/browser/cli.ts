/** The command line, as one person's device. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { newFolder } from './folders';

const BUILT = fileURLToPath(new URL('../../../target/debug/postern', import.meta.url));

/** Runs a command that must succeed; answers what it printed. */
export type Cli = (words: string[], input?: string | Buffer) => Promise<Buffer>;

export async function newCli(server: string): Promise<Cli> {
  const profile = await newFolder('cli');
  return async (words, input = '') => {
    const all = ['--profile', profile, '--server', server, ...words];
    const command = spawn(process.env['POSTERN'] ?? BUILT, all, { stdio: ['pipe', 'pipe', 'pipe'] });
    command.stdin.end(input);
    const [output, said, [code]] = await Promise.all([
      buffer(command.stdout),
      buffer(command.stderr),
      once(command, 'exit'),
    ]);
    expect(code, `postern ${words.join(' ')}: ${said.toString()}`).toBe(0);
    return output;
  };
}
