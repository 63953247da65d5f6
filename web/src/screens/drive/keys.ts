/** What the keyboard means in a list. */
export interface KeyMeanings {
  walk(steps: number, extend: boolean): void;
  end(last: boolean, extend: boolean): void;
  open(): void;
  toggle(): void;
  all(): void;
  none(): void;
  rename(): void;
  remove(): void;
}

type Press = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey'>;

const PAGE = 10;

const MEANINGS: Record<string, (keys: KeyMeanings, press: Press) => void> = {
  ArrowDown: (keys, { shiftKey }) => keys.walk(1, shiftKey),
  ArrowUp: (keys, { shiftKey }) => keys.walk(-1, shiftKey),
  PageDown: (keys, { shiftKey }) => keys.walk(PAGE, shiftKey),
  PageUp: (keys, { shiftKey }) => keys.walk(-PAGE, shiftKey),
  Home: (keys, { shiftKey }) => keys.end(false, shiftKey),
  End: (keys, { shiftKey }) => keys.end(true, shiftKey),
  Enter: (keys) => keys.open(),
  ' ': (keys) => keys.toggle(),
  Escape: (keys) => keys.none(),
  F2: (keys) => keys.rename(),
  Delete: (keys) => keys.remove(),
};

/** Keys pressed inside a button or a field of a row are its own, not the list's. */
export function pressed(event: Press & { target: EventTarget | null }, keys: KeyMeanings): boolean {
  if (isControl(event.target)) return false;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a') {
    keys.all();
    return true;
  }
  const meaning = MEANINGS[event.key];
  meaning?.(keys, event);
  return meaning !== undefined;
}

function isControl(target: EventTarget | null): boolean {
  return typeof HTMLElement !== 'undefined' && target instanceof HTMLElement && target.matches('button, input');
}
