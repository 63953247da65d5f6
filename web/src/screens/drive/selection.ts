/** What is selected after a click or a key, given what was selected before. */
import type { Id } from '../../engine/api';

export interface Pointing {
  how: 'one' | 'range' | 'toggle';
  at: number;
  /** Where the range began. */
  anchor: number;
}

export function pointSelection(order: Id[], before: ReadonlySet<Id>, { how, at, anchor }: Pointing): Set<Id> {
  if (how === 'range') return new Set(order.slice(Math.min(at, anchor), Math.max(at, anchor) + 1));
  const id = order[at];
  if (id === undefined) return new Set(before);
  if (how === 'one') return new Set([id]);
  const after = new Set(before);
  if (!after.delete(id)) after.add(id);
  return after;
}
