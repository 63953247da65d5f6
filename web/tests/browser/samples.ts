/** Files to send: random, so that nothing compresses and nothing is equal by accident. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export const MIB = 1 << 20;

export async function writeRandom(path: string, bytes: number): Promise<string> {
  await pipeline(randomChunks(bytes), createWriteStream(path));
  return path;
}

function* randomChunks(bytes: number) {
  const stream = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
  for (let left = bytes; left > 0; left -= MIB) yield stream.update(Buffer.alloc(Math.min(MIB, left)));
}

/** `count` small files, some of them in a folder below. */
export async function writeFolder(path: string, count: number): Promise<string> {
  await mkdir(join(path, 'below'), { recursive: true });
  for (let i = 0; i < count; i += 1) {
    const folder = i % 4 === 0 ? join(path, 'below') : path;
    await writeFile(join(folder, `note ${String(i).padStart(3, '0')}.txt`), randomBytes(200 + i * 37));
  }
  return path;
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
