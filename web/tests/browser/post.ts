/** Brings mail to a server, as another server would. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

export interface Letter {
  from: string;
  to: string;
  /** The whole message, lines ending with `\n`. */
  text: string;
}

/** Resolves when the server has said that it keeps the message. */
export async function bring(port: number, { from, to, text }: Letter) {
  const socket = connect(port, '127.0.0.1');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const data = text.replaceAll(/\r?\n/g, '\r\n').replaceAll(/^\./gm, '..');
  const turns = ['EHLO mx.example.net', `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA', `${data}\r\n.`, 'QUIT'];
  try {
    await expectPositive(lines, 'greeting');
    for (const turn of turns) {
      socket.write(`${turn}\r\n`);
      await expectPositive(lines, turn.slice(0, 40));
    }
    socket.end();
    await once(socket, 'close');
  } finally {
    // A server that is told to end waits for who is still there.
    socket.destroy();
  }
}

async function expectPositive(lines: AsyncIterator<string>, turn: string) {
  for (;;) {
    const { value } = await lines.next();
    if (!/^[23]\d\d/.test(value ?? '')) throw new Error(`${turn}: ${value}`);
    if (value?.[3] !== '-') return;
  }
}

/** A letter of plain text. */
export function letter(subject: string, text: string, headers: Record<string, string> = {}): string {
  const all = {
    From: 'Clara Weiss <clara@garden.example>',
    To: 'ada@localhost',
    Subject: subject,
    'Message-ID': `<${crypto.randomUUID()}@garden.example>`,
    Date: new Date().toUTCString(),
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${head.join('\n')}\n\n${text}\n`;
}
