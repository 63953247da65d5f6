/**
 * Whether the server has another edition of this page by now. Of an old one not everything can be fetched any more, and
 * it may not understand what the server says.
 */
const SCRIPT = /<script[^>]+src="(\/assets\/index-[^"]+)"/;
const OWN = document.querySelector('script[type="module"][src]')?.getAttribute('src');

class Edition {
  isOld = $state(false);

  /** Worth while when the server was away: it may have been updated. */
  async look() {
    try {
      const page = await fetch('/', { cache: 'no-cache' });
      const [, script] = SCRIPT.exec(await page.text()) ?? [];
      // Something else that answers, a proxy's page for one, says nothing about it.
      if (page.ok && script !== undefined) this.isOld = script !== OWN;
    } catch {
      // Away again. It is looked at when it is back.
    }
  }
}

export const edition = new Edition();
