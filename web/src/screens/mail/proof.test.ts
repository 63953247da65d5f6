import { expect, test } from 'vitest';
import type { Message, MailVerdict } from '../../engine/api';
import { answersElsewhere, judge } from './proof';

function message(origin: Message['origin'], dmarc: MailVerdict, addresses = ['news@shop.example']) {
  const from = addresses.map((address) => ({ name: 'The Bank', address }));
  const proof = { sender: '', peer: '', tls: '', spf: 'pass', dkim: 'pass', dkimDomains: [], arc: 'none', spam: false };
  return { origin, from, proof: { ...proof, dmarc } } as Pick<Message, 'origin' | 'from' | 'proof'>;
}

test('only a domain that stands behind the one sender is good', () => {
  expect(judge(message('gateway', 'pass')).look).toBe('good');
  expect(judge(message('gateway', 'pass')).text).toContain('shop.example');
  for (const dmarc of ['none', 'temperror', 'permerror'] as const) {
    expect(judge(message('gateway', dmarc)).look).toBe('open');
  }
  expect(judge(message('gateway', 'fail')).look).toBe('bad');
});

test('f6: of two senders none is vouched for', () => {
  expect(judge(message('gateway', 'pass', ['a@shop.example', 'b@bank.example'])).look).toBe('open');
  expect(judge(message('gateway', 'pass', [])).look).toBe('open');
});

test('f9: what the gateway did not bring is never good, whatever it says of itself', () => {
  expect(judge(message('unknown', 'pass')).look).toBe('bad');
  expect(judge(message('sealed', 'pass')).look).toBe('bad');
  expect(judge(message('own', 'pass')).look).toBe('open');
});

test('answers that go to another domain are told, others are not', () => {
  const at = (address: string) => [{ name: '', address }];
  expect(answersElsewhere({ from: at('boss@bank.example'), replyTo: at('boss@mail.example') })).toBe(
    'boss@mail.example',
  );
  expect(answersElsewhere({ from: at('list@bank.example'), replyTo: at('desk@BANK.example') })).toBe('');
  expect(answersElsewhere({ from: at('boss@bank.example'), replyTo: [] })).toBe('');
});
