/** Puts a text into the clipboard, and remembers for a moment how that went: browsers may refuse it. */
const SHOWN_MS = 2500;

export class Copying {
  went: 'well' | 'badly' | null = $state(null);
  #forgetting: ReturnType<typeof setTimeout> | undefined;

  async copy(text: string) {
    clearTimeout(this.#forgetting);
    try {
      await navigator.clipboard.writeText(text);
      this.went = 'well';
      this.#forgetting = setTimeout(() => (this.went = null), SHOWN_MS);
    } catch {
      // It stays: whoever needs the text has to do something else now.
      this.went = 'badly';
    }
  }
}
