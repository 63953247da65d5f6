/** A DNS server on this machine, which says what it was told. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

const KINDS = { A: 1, MX: 15, TXT: 16 } as const;

type Kind = keyof typeof KINDS;

export interface Names {
  /** Address and port. */
  address: string;
  publish(kind: Kind, name: string, value: string): void;
  stop(): void;
}

export async function startNames(): Promise<Names> {
  const known = new Map<string, { kind: Kind; data: Buffer }[]>();
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => socket.send(answer(question, known), from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    publish(kind, name, value) {
      known.set(name, [...(known.get(name) ?? []), { kind, data: encode(kind, value) }]);
    },
    stop() {
      socket.close();
    },
  };
}

/** RFC 1035, 4.1: the question again, and what is known of it. */
function answer(question: Buffer, known: Map<string, { kind: Kind; data: Buffer }[]>): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = question.readUInt8(at); length > 0; length = question.readUInt8(at)) {
    labels.push(question.toString('ascii', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  const asked = question.subarray(12, at + 5);
  const kind = asked.subarray(-4);
  const all = known.get(labels.join('.'));
  const found = (all ?? []).filter((record) => KINDS[record.kind] === kind.readUInt16BE(0));
  const head = Buffer.from([0, 0, 0x81, all ? 0x80 : 0x83, 0, 1, 0, found.length, 0, 0, 0, 0]);
  question.copy(head, 0, 0, 2);
  const records = found.map(({ data }) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(data.length);
    // The name of the question, its kind, a minute.
    return Buffer.concat([Buffer.from([0xc0, 12]), kind, Buffer.from([0, 0, 0, 60]), length, data]);
  });
  return Buffer.concat([head, asked, ...records]);
}

function encode(kind: Kind, value: string): Buffer {
  if (kind === 'A') return Buffer.from(value.split('.').map(Number));
  if (kind === 'TXT') return Buffer.concat((value.match(/.{1,255}/gs) ?? []).map(counted));
  const [preference, name = ''] = value.split(' ');
  const labels = name.replace(/\.$/, '').split('.').map(counted);
  return Buffer.concat([Buffer.from([0, Number(preference)]), ...labels, Buffer.from([0])]);
}

function counted(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'ascii')]);
}
