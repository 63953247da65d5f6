/** Light or dark: as the device says, unless the person said otherwise. The choice is no secret and is kept in the clear. */
export type ThemeChoice = 'auto' | 'light' | 'dark';

const KEY = 'postern-theme';

class Theme {
  choice: ThemeChoice = $state('auto');
  #dark = matchMedia('(prefers-color-scheme: dark)');

  start() {
    this.choice = readChoice();
    this.#dark.addEventListener('change', () => this.#apply());
    this.#apply();
  }

  choose(choice: ThemeChoice) {
    this.choice = choice;
    localStorage.setItem(KEY, choice);
    this.#apply();
  }

  #apply() {
    const dark = this.choice === 'dark' || (this.choice === 'auto' && this.#dark.matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
  }
}

function readChoice(): ThemeChoice {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}

export const theme = new Theme();
