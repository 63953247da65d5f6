/** What the keyboard means in the inbox: the letters that mail programs have had for twenty years. */
import type { Drawer } from '../../engine/api';

export interface KeyMeanings {
  walk(steps: number): void;
  open(): void;
  close(): void;
  select(): void;
  archive(): void;
  trash(): void;
  spam(): void;
  star(): void;
  read(read: boolean): void;
  go(drawer: Drawer): void;
  look(): void;
  help(): void;
}

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'target'>;

/** For the help sheet, in the order in which they are read. */
export const SHEET = [
  ['j', 'k'],
  ['Enter', 'o'],
  ['Escape', 'u'],
  ['x'],
  ['e'],
  ['#', 'Delete'],
  ['!'],
  ['s'],
  ['I', 'U'],
  ['g i', 'g s', 'g a', 'g t'],
  ['/'],
  ['?'],
] as const;

const PLACES: Record<string, Drawer> = { i: 'inbox', s: 'starred', a: 'all', t: 'trash', e: 'archive' };

/** `g` was pressed just now: the next letter says where to go. */
let going = false;

/** Answers whether the key meant something. */
export function pressed({ key, ctrlKey, metaKey, altKey, target }: Press, meanings: KeyMeanings): boolean {
  if (ctrlKey || metaKey || altKey || isTyped(target)) return false;
  if (going) {
    going = false;
    const place = PLACES[key];
    if (place) meanings.go(place);
    return place !== undefined;
  }
  const means: Record<string, () => void> = {
    j: () => meanings.walk(1),
    k: () => meanings.walk(-1),
    ArrowDown: () => meanings.walk(1),
    ArrowUp: () => meanings.walk(-1),
    Enter: meanings.open,
    o: meanings.open,
    Escape: meanings.close,
    u: meanings.close,
    x: meanings.select,
    e: meanings.archive,
    '#': meanings.trash,
    Delete: meanings.trash,
    '!': meanings.spam,
    s: meanings.star,
    I: () => meanings.read(true),
    U: () => meanings.read(false),
    g: () => (going = true),
    '/': meanings.look,
    '?': meanings.help,
  };
  const mean = means[key];
  // A button that has the focus is pressed by Enter, and a reading pane is scrolled by arrows.
  if (!mean || (isItsOwn(target) && (key === 'Enter' || key.startsWith('Arrow')))) return false;
  mean();
  return true;
}

function isTyped(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, dialog, [role="menu"]') !== null;
}

function isItsOwn(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('button, a, .pane') !== null;
}
