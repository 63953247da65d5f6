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

/** Letters are drawn on white, as their writers expect, and no wider than the frame. */
const STYLE = `:root{color-scheme:light}html{overflow-wrap:anywhere}
body{margin:0 0 1rem;${TYPE};color:#1a212b;background:#fff}
img,table{max-width:100%}img{height:auto}pre{white-space:pre-wrap}blockquote{margin:.5rem 0;padding-left:1rem;border-left:2px solid #ccc}`;

export function clean(
  purify: DOMPurify,
  { html, pictures }: ShowLetter,
  withPictures: boolean,
): { document: string; remote: number; letter: Element } {
  let remote = 0;
  purify.removeAllHooks();
  purify.addHook('afterSanitizeAttributes', (element) => {
    if (element.tagName === 'A' || element.tagName === 'AREA') {
      element.setAttribute('target', '_blank');
      element.setAttribute('rel', 'noopener noreferrer');
    }
    for (const name of ADDRESSES) {
      if (!ADDRESS.test(element.getAttribute(name) ?? '#')) element.removeAttribute(name);
    }
    const source = element.getAttribute('src');
    if (source === null) return;
    const inside = /^cid:(.*)$/i.exec(source)?.[1];
    if (inside !== undefined) setOrDrop(element, pictures[decodeURIComponent(inside)]);
    else if (/^https?:/i.test(source)) {
      remote += 1;
      if (!withPictures) element.removeAttribute('src');
    }
  });
  const letter = purify.sanitize(html, CONFIG) as unknown as Element;
  const document = `<!doctype html><meta charset="utf-8"><style>${STYLE}</style>${letter.outerHTML}`;
  return { document, remote, letter };
}

function setOrDrop(element: Element, address: string | undefined) {
  if (address) element.setAttribute('src', address);
  else element.removeAttribute('src');
}
