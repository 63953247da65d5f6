import type { Entry } from '../../engine/api';

/** What can be done with what is in the list. */
export interface Acts {
  open(entry: Entry): void;
  download(entry: Entry): void;
  share(entry: Entry): void;
  move(entries: Entry[]): void;
  remove(entries: Entry[]): void;
}
