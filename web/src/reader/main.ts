/**
 * Draws a letter that somebody wrote in HTML.
 *
 * This is a page of its own in a frame, with a policy of its own: no script but this one, no request but for pictures that
 * stand in the letter itself. What it is given it cleans, as the last thing that happens to the text, and hands to a second
 * frame that has no scripts, no origin and no way to its parents. Whatever got through the cleaning ends there.
 */
import createDOMPurify from 'dompurify';
import { clean, NARROW_PX, TYPE } from './clean';
import { Measure } from './measure';
import type { ReaderTold, ShowLetter } from './message';

interface Policy {
  createHTML(html: string): unknown;
}
interface Types {
  createPolicy(name: string, rules: { createHTML(html: string): string }): Policy;
}

const purify = createDOMPurify(window);
/** For the one text that is given to a frame, which has no scripts. */
const policy = (globalThis as { trustedTypes?: Types }).trustedTypes?.createPolicy('reader', {
  createHTML: (html) => html,
});
const withPictures = location.search === '?pictures';
let width = innerWidth;
let measured = () => {};
let measuring: Measure | undefined;

function tell(told: ReaderTold) {
  parent.postMessage(told, location.origin);
}

function show(letter: ShowLetter) {
  const { document: text, remote, letter: cleaned } = clean(purify, letter, withPictures);
  const frame = document.createElement('iframe');
  // Links open in a tab of their own, which knows nothing of this one.
  frame.setAttribute('sandbox', 'allow-popups allow-popups-to-escape-sandbox');
  frame.setAttribute('referrerpolicy', 'no-referrer');
  frame.title = document.title;
  Object.assign(frame.style, { position: 'fixed', inset: '0', width: '100%', height: '100%', border: '0' });
  frame.srcdoc = (policy?.createHTML(text) ?? text) as string;
  document.body.replaceChildren(frame);
  measured = () => {
    measuring?.remove();
    measuring = new Measure(cleaned, TYPE, grown, innerWidth <= NARROW_PX);
    grown();
  };
  const grown = () => tell({ reader: 'shown', remote, heightPx: measuring?.heightPx ?? 0 });
  measured();
}

// A narrower frame is a higher one.
addEventListener('resize', () => {
  if (width !== innerWidth) measured();
  width = innerWidth;
});

addEventListener('message', (event: MessageEvent<ShowLetter>) => {
  if (event.source !== parent || event.origin !== location.origin) return;
  try {
    show(event.data);
  } catch {
    // Whoever wrote it may have meant that: the page says so, and goes on.
    tell({ reader: 'failed' });
  }
});

tell({ reader: 'ready' });
