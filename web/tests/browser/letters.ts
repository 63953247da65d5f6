/** Letters that somebody may have got, to be looked at. */
import { readFileSync } from 'node:fs';
import { bring, letter } from './post';

/** A picture of a wall at dusk. */
const PICTURE = readFileSync(new URL('./wall.png', import.meta.url))
  .toString('base64')
  .replaceAll(/.{76}/g, '$&\n');

const NEWSLETTER = `<table width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table width="560" cellpadding="16" style="font-family:Georgia,serif;background:#f4efe4;border-radius:8px"><tr><td>
<h1 style="margin:0;color:#35513f">What grows in November</h1>
<p>The last medlars want a night of frost before they are good. Cover the figs, and leave the fennel standing: the
finches live on it until spring.</p>
<h2 style="color:#35513f">Seeds to swap</h2>
<ul><li>Black salsify, from the north wall</li><li>Two kinds of kale</li><li>Sweet peas, mixed</li></ul>
<p>We meet on <b>Saturday at ten</b> in the glass house. Bring envelopes.</p>
<img src="https://pictures.garden.example/pixel.gif" width="1" height="1">
</td></tr></table></td></tr></table>`;

interface Came {
  from: string;
  subject: string;
  text: string;
  headers?: Record<string, string>;
}

const PLAN = [
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'Dear Ada,\n\nthe plan for the north bed is attached, and a picture of the wall as it was last summer. The roses on the left can stay, the others have to move before the mason comes.\n\nWould Thursday suit you?\n\nClara',
  '--b',
  'Content-Type: image/png; name="North wall, July.png"',
  'Content-Disposition: attachment; filename="North wall, July.png"',
  'Content-Transfer-Encoding: base64',
  '',
  PICTURE,
  '--b',
  'Content-Type: text/plain; name="Planting list.txt"',
  'Content-Disposition: attachment; filename="Planting list.txt"',
  '',
  '12  Rosa rubiginosa\n 6  Lonicera periclymenum\n40  Narcissus poeticus\n',
  '--b--',
].join('\n');

const LETTERS: Came[] = [
  {
    from: 'Municipal Library <desk@library.example>',
    subject: 'Two books are waiting for you',
    text: 'You asked for “The Wall” and “A History of Gates”. Both lie at the desk until Saturday.',
  },
  {
    from: 'Ben Okafor <ben@home.example>',
    subject: 'Sunday',
    text: 'Three o’clock is fine. I bring the cake, you bring the chairs, as always.',
    headers: { 'Message-ID': '<sunday@home.example>' },
  },
  {
    from: 'Ferry office <tickets@ferry.example>',
    subject: 'Your crossing on 14 December',
    text: 'Two persons, one bicycle. Be at the landing half an hour before.',
  },
  {
    from: 'Choir <all@choir.example>',
    subject: 'Recording from June',
    text: 'The recording is done, and you can hear the blackbird in the second movement. Listen to it with the window open.',
  },
  {
    from: 'Garden club <news@garden.example>',
    subject: 'What grows in November',
    text: NEWSLETTER,
    headers: { 'MIME-Version': '1.0', 'Content-Type': 'text/html; charset=utf-8' },
  },
  {
    from: 'Ines Ferreira <ines@sea.example>',
    subject: 'Re: Sunday',
    text: 'We come too, if there is cake enough.',
    headers: { 'In-Reply-To': '<sunday@home.example>', References: '<sunday@home.example>' },
  },
  {
    from: 'Clara Weiss <clara@garden.example>',
    subject: 'The plan for the north bed',
    text: PLAN,
    headers: { 'MIME-Version': '1.0', 'Content-Type': 'multipart/mixed; boundary=b' },
  },
];

export async function bringLetters(port: number, to: string) {
  for (const { from, subject, text, headers } of LETTERS) {
    const envelope = /<(.*)>/.exec(from)?.[1] ?? '';
    await bring(port, { from: envelope, to, text: letter(subject, text, { From: from, To: to, ...headers }) });
  }
}
