/** What the keyboard means in the inbox: the letters that mail programs have had for twenty years. */
import type { Drawer } from '../../engine/api';

export interface KeyMeanings {
  /** `ticking`: what lies between is ticked. */
  walk(steps: number, ticking: boolean): void;
  open(): void;
  close(): void;
  select(): void;
  selectAll(): void;
  archive(): void;
  trash(): void;
  spam(): void;
  star(): void;
  read(read: boolean): void;
  go(drawer: Drawer): void;
  look(): void;
  help(): void;
}

type Press = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'repeat' | 'target'>;

/** For the help sheet, in the order in which they are read. */
export const SHEET = [
  ['j', 'k'],
  ['Enter', 'o'],
  ['Escape', 'u'],
  ['x'],
  ['J', 'K'],
  ['* a'],
  ['e'],
  ['#', 'Delete'],
  ['!'],
  ['s'],
  ['I', 'U'],
  ['g i', 'g s', 'g a', 'g t'],
  ['/'],
  ['?'],
] as const;

const WALKING = new Set(['j', 'k', 'J', 'K', 'ArrowDown', 'ArrowUp']);
const PLACES: Record<string, Drawer> = { i: 'inbox', s: 'starred', a: 'all', t: 'trash', e: 'archive' };

/** What was pressed just now and says what the next letter means: `g` where to go, `*` what to tick. */
let before: 'g' | '*' | null = null;

/** Answers whether the key meant something. */
export function pressed(press: Press, meanings: KeyMeanings): boolean {
  const { key, ctrlKey, metaKey, altKey, shiftKey, repeat, target } = press;
  if (ctrlKey || metaKey || altKey || isTyped(target)) return false;
  const first = before;
  // The key that makes a letter large comes before it.
  if (key !== 'Shift') before = null;
  if (first === 'g') {
    const place = PLACES[key];
    if (place) meanings.go(place);
    return place !== undefined;
  }
  if (first === '*' && key === 'a') {
    meanings.selectAll();
    return true;
  }
  const means: Record<string, () => void> = {
    j: () => meanings.walk(1, false),
    k: () => meanings.walk(-1, false),
    J: () => meanings.walk(1, true),
    K: () => meanings.walk(-1, true),
    ArrowDown: () => meanings.walk(1, shiftKey),
    ArrowUp: () => meanings.walk(-1, shiftKey),
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
    g: () => (before = 'g'),
    '*': () => (before = '*'),
    '/': meanings.look,
    '?': meanings.help,
  };
  const mean = means[key];
  // A button that has the focus is pressed by Enter, and a reading pane is scrolled by arrows.
  if (!mean || (isItsOwn(target, key) && (key === 'Enter' || key.startsWith('Arrow')))) return false;
  // Who holds a key down walks; nothing else shall happen over and over.
  if (!repeat || WALKING.has(key)) mean();
  return true;
}

function isTyped(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, dialog, [role="menu"]') !== null;
}

function isItsOwn(target: EventTarget | null, key: string): boolean {
  const own = key === 'Enter' ? 'button, a, summary' : '.pane, [role="radiogroup"], summary';
  return target instanceof HTMLElement && target.closest(own) !== null;
}
