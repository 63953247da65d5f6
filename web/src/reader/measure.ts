/**
 * How high a letter may be, so that its frame need not scroll. The frame itself cannot be asked: it has no scripts, and no
 * origin that anybody shares. So what could be drawn is rebuilt here of bare elements, without a style or an address of the
 * letter's own, and that is measured. What its styles make larger scrolls within the frame.
 */

const SAME = new Set(
  'P DIV BR HR H1 H2 H3 H4 H5 H6 TABLE THEAD TBODY TFOOT TR TD TH UL OL LI DL DT DD BLOCKQUOTE PRE CENTER B STRONG'.split(
    ' ',
  ),
);
const NOTHING = new Set('STYLE SCRIPT TITLE HEAD TEMPLATE NOSCRIPT'.split(' '));
/** More than anybody reads; whatever is below scrolls. */
const MOST_NODES = 20_000;
const MOST_PIXELS = 2_000;

export function measure(letter: Element, style: string): number {
  const place = document.createElement('div');
  place.style.cssText = `${style};position:absolute;visibility:hidden;inset:0 0 auto;overflow-wrap:anywhere`;
  let left = MOST_NODES;
  const rebuild = (from: Node, to: Element, depth: number) => {
    for (const child of from.childNodes) {
      if (left === 0 || depth > 200) return;
      left -= 1;
      if (child instanceof Text) to.append(child.data);
      else if (child instanceof Element) rebuildElement(child, to, depth);
    }
  };
  const rebuildElement = (element: Element, to: Element, depth: number) => {
    const name = element.tagName.toUpperCase();
    if (NOTHING.has(name)) return;
    if (name === 'IMG') return to.append(picture(element));
    const bare = document.createElement(SAME.has(name) ? name : 'span');
    to.append(bare);
    rebuild(element, bare, depth + 1);
  };
  rebuild(letter, place, 0);
  document.body.append(place);
  const height = place.scrollHeight;
  place.remove();
  return height;
}

/** As large as the letter says. */
function picture(element: Element): Element {
  const box = document.createElement('span');
  const pixels = (name: string) => Math.min(Number.parseInt(element.getAttribute(name) ?? '', 10) || 0, MOST_PIXELS);
  box.style.cssText = `display:inline-block;max-width:100%;width:${pixels('width')}px;height:${pixels('height')}px`;
  return box;
}
