/**
 * How high a letter may be, so that its frame need not scroll. The frame itself cannot be asked: it has no scripts, and no
 * origin that anybody shares. So what could be drawn is rebuilt here of bare elements, with what a letter says of its sizes and
 * nothing else of its styles and addresses, and that is measured. What its style sheets make larger scrolls within the frame.
 */

const SAME = new Set(
  'P DIV BR HR H1 H2 H3 H4 H5 H6 TABLE THEAD TBODY TFOOT TR TD TH UL OL LI DL DT DD BLOCKQUOTE PRE CENTER B STRONG'.split(
    ' ',
  ),
);
/** What a table says of its sizes in the old way. */
const OF_TABLES = ['cellpadding', 'cellspacing', 'border'];
const NOTHING = new Set('STYLE SCRIPT TITLE HEAD TEMPLATE NOSCRIPT'.split(' '));
const TABULAR = new Set(['TABLE', 'TD', 'TH']);
/** What makes an element higher or lower. None of it loads anything, or draws outside of where it stands. */
const SIZES =
  'display height min-height max-height width max-width padding-top padding-bottom padding-left padding-right margin-top margin-bottom font-size line-height'.split(
    ' ',
  );
/** More than anybody reads; whatever is below scrolls. */
const MOST_NODES = 20_000;
const MOST_PIXELS = 2_000;

export class Measure {
  readonly #place = document.createElement('div');
  #left = MOST_NODES;

  /** `grown` is called when a picture that came with the letter is there, and it is higher than before. */
  constructor(
    letter: Element,
    style: string,
    private readonly grown: () => void,
    private readonly isNarrow: boolean,
  ) {
    this.#place.style.cssText = `${style};position:absolute;visibility:hidden;contain:paint;inset:0 0 auto;overflow-wrap:anywhere`;
    this.#rebuild(letter, this.#place, 0);
    document.body.append(this.#place);
  }

  get heightPx(): number {
    return this.#place.scrollHeight;
  }

  remove() {
    this.#place.remove();
  }

  #rebuild(from: Node, to: Element, depth: number) {
    for (const child of from.childNodes) {
      if (this.#left === 0 || depth > 200) return;
      this.#left -= 1;
      if (child instanceof Text) to.append(child.data);
      else if (child instanceof Element) this.#rebuildElement(child, to, depth);
    }
  }

  #rebuildElement(element: Element, to: Element, depth: number) {
    const name = element.tagName.toUpperCase();
    if (NOTHING.has(name)) return;
    if (name === 'IMG') {
      to.append(this.#picture(element));
      return;
    }
    const bare = document.createElement(SAME.has(name) ? name : 'span');
    copySizes(element, bare);
    if (name === 'TABLE') copyAttributes(element, bare, this.isNarrow ? OF_TABLES : [...OF_TABLES, 'width']);
    // As wide as it can be there, as it is drawn.
    if (this.isNarrow && TABULAR.has(name)) bare.style.width = 'auto';
    to.append(bare);
    this.#rebuild(element, bare, depth + 1);
  }

  /** As large as the letter says, or as the picture is that came with it. From elsewhere nothing is loaded here. */
  #picture(element: Element): Element {
    const picture = document.createElement('img');
    const source = element.getAttribute('src');
    for (const name of ['width', 'height']) {
      const pixels = Math.min(Number.parseInt(element.getAttribute(name) ?? '', 10) || 0, MOST_PIXELS);
      if (pixels > 0) picture.setAttribute(name, String(pixels));
    }
    picture.style.cssText = 'max-width:100%';
    copySizes(element, picture);
    if (source?.startsWith('data:image/')) {
      picture.style.height ||= 'auto';
      picture.onload = () => this.grown();
      picture.src = source;
    }
    return picture;
  }
}

function copyAttributes(from: Element, to: Element, names: string[]) {
  for (const name of names) {
    const value = from.getAttribute(name);
    if (value !== null) to.setAttribute(name, value);
  }
}

function copySizes(from: Element, to: HTMLElement) {
  if (!(from instanceof HTMLElement)) return;
  for (const name of SIZES) {
    const value = from.style.getPropertyValue(name);
    if (value) to.style.setProperty(name, value);
  }
}
