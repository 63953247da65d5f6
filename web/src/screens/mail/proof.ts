/** What a person is told of a sender, from what the gateway found out. */
import type { Message } from '../../engine/api';
import { en } from '../../strings/en';

export interface Judgement {
  look: 'good' | 'open' | 'bad';
  text: string;
}

type Judged = Pick<Message, 'origin' | 'from' | 'proof'>;

export function judge({ origin, from, proof }: Judged): Judgement {
  if (origin === 'sealed') return { look: 'bad', text: en.mail.proof.sealed };
  if (origin === 'unknown') return { look: 'bad', text: en.mail.proof.unknown };
  if (origin === 'own') return { look: 'open', text: en.mail.proof.own };
  // Two senders: whichever is shown, the other may be the one that was checked.
  const domain = from.length === 1 ? domainOf(from[0]?.address ?? '') : '';
  if (proof.dmarc === 'fail') return { look: 'bad', text: en.mail.proof.fails(domain) };
  if (proof.dmarc === 'pass' && domain) return { look: 'good', text: en.mail.proof.passes(domain) };
  return { look: 'open', text: en.mail.proof.open };
}

/** The one sender whose domain says that it is them. What is allowed to a sender is allowed to no other. */
export function provenSender(message: Judged): string | null {
  if (message.origin !== 'gateway' || judge(message).look !== 'good') return null;
  return message.from[0]?.address.toLowerCase() ?? null;
}

/** To whom an answer would go, if not to the sender's own domain: a favourite of whoever writes in another's name. */
export function answersElsewhere({ from, replyTo }: Pick<Message, 'from' | 'replyTo'>): string {
  const own = from.map(({ address }) => domainOf(address));
  const others = replyTo.filter(({ address }) => !own.includes(domainOf(address)));
  return others.map(({ address }) => address).join(', ');
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}
