/** Makes of what somebody wrote a document that can be shown. */
import type { Config, DOMPurify } from 'dompurify';
import type { ShowLetter } from './message';

const CONFIG = {
  WHOLE_DOCUMENT: true,
  RETURN_DOM: true,
  USE_PROFILES: { html: true },
  // Styles stay: the policy of the frame lets them load nothing.
  ADD_TAGS: ['style'],
  FORBID_TAGS: [
    'form',
    'input',
    'button',
    'select',
    'textarea',
    'dialog',
    'audio',
    'video',
    'source',
    'track',
    'area',
    'map',
  ],
  FORBID_ATTR: ['srcset', 'ping', 'background', 'poster', 'autofocus', 'popover', 'popovertarget', 'usemap'],
  ALLOW_DATA_ATTR: false,
} as const satisfies Config;

/** Not by the sanitiser's own setting for it, which is asked of every attribute: no width of a table is an address. */
const ADDRESS = /^(?:https?:|mailto:|tel:|cid:|data:image\/(?:png|jpeg|gif|webp);base64,|#)/i;
const ADDRESSES = ['href', 'src', 'cite', 'longdesc', 'action', 'formaction', 'data', 'poster', 'xlink:href'];

/** What text is set in that does not say it. */
export const TYPE = 'font:16px/1.6 system-ui,sans-serif';

/** On a phone tables are as wide as that, whatever was written for large screens: or half of each line would be out of sight. */
export const NARROW_PX = 600;

/** Letters are drawn on white, as their writers expect, and no wider than the frame. */
const STYLE = `:root{color-scheme:light}html{overflow-wrap:anywhere}
body{margin:0 0 1rem;${TYPE};color:#1a212b;background:#fff}
img,table{max-width:100%}img{height:auto}pre{white-space:pre-wrap}blockquote{margin:.5rem 0;padding-left:1rem;border-left:2px solid #ccc}
@media(max-width:${NARROW_PX}px){table,td,th{width:auto!important;min-width:0!important}}`;

/** So much may stand in one letter for pictures: each is written out as often as it is referred to. */
const MOST_PICTURE_CHARACTERS = 96 << 20;

export function clean(
  purify: DOMPurify,
  { html, pictures }: ShowLetter,
  withPictures: boolean,
): { document: string; remote: number; letter: Element } {
  let remote = 0;
  let room = MOST_PICTURE_CHARACTERS;
  purify.removeAllHooks();
  purify.addHook('afterSanitizeAttributes', (element) => {
    for (const name of ADDRESSES) {
      if (!ADDRESS.test(element.getAttribute(name) ?? '#')) element.removeAttribute(name);
    }
    if (element.tagName === 'A') aim(element);
    const source = element.getAttribute('src');
    if (source === null) return;
    const inside = /^cid:(.*)$/i.exec(source)?.[1];
    if (inside !== undefined) {
      const address = find(pictures, inside);
      room -= address?.length ?? 0;
      setOrDrop(element, room >= 0 ? address : undefined);
    } else if (/^https?:/i.test(source)) {
      remote += 1;
      if (!withPictures) element.removeAttribute('src');
    }
  });
  const letter = purify.sanitize(html, CONFIG) as unknown as Element;
  for (const link of letter.querySelectorAll('a[href]')) tellWhereItLeads(link);
  const document = `<!doctype html><meta charset="utf-8"><style>${STYLE}</style>${letter.outerHTML}`;
  return { document, remote, letter };
}

/** Links open in a tab of their own, but for those to another place in the letter. */
function aim(link: Element) {
  const address = link.getAttribute('href');
  if (address?.startsWith('#')) {
    // By itself it would lead to the page that made the frame.
    link.setAttribute('href', `about:srcdoc${address}`);
    return;
  }
  link.setAttribute('target', '_blank');
  link.setAttribute('rel', 'noopener noreferrer');
}

/** What looks like an address at the beginning of a text. */
const NAMED_HOST = /^\s*(?:https?:\/\/)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?=[/:?#\s]|$)/iu;

/** A link that reads like one address and leads to another says where it leads: the oldest trick of all. */
function tellWhereItLeads(link: Element) {
  const said = NAMED_HOST.exec(link.textContent ?? '')?.[1];
  const leads = hostOf(link.getAttribute('href') ?? '');
  if (!said || !leads) return;
  const named = hostOf(`https://${said}`);
  if (named === leads || leads.endsWith(`.${named}`) || named === `www.${leads}`) return;
  link.append(` [${leads}]`);
}

/** As a browser asks for it, so that letters that look alike are told apart; nothing for what has no host. */
function hostOf(address: string): string {
  return /^https?:/i.test(address) && URL.canParse(address) ? new URL(address).hostname : '';
}

/** A picture by its content id, which may be written as in an address (RFC 2392), or carelessly. */
function find(pictures: Record<string, string>, id: string): string | undefined {
  const own = (name: string) => (Object.hasOwn(pictures, name) ? pictures[name] : undefined);
  try {
    return own(decodeURIComponent(id)) ?? own(id);
  } catch {
    return own(id);
  }
}

function setOrDrop(element: Element, address: string | undefined) {
  if (address) element.setAttribute('src', address);
  else element.removeAttribute('src');
}
