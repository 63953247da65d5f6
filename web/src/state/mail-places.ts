/** Where letters lie, and what those places are called. */
import type { Drawer, MailHome, Message, Place } from '../engine/api';
import { en } from '../strings/en';

type Tags = Pick<MailHome, 'folders' | 'labels'> | null;

/** Neither thrown away nor taken for spam. */
export function isKept({ place }: Pick<Message, 'place'>): boolean {
  return place !== 'spam' && place !== 'trash';
}

/** Whether a drawer lists a message. What lay in a folder that is there no more lies in the archive. */
export function isIn(message: Pick<Message, 'place' | 'starred' | 'labels'>, drawer: Drawer, tags: Tags): boolean {
  if (drawer === 'all') return isKept(message);
  if (drawer === 'starred') return isKept(message) && message.starred;
  if (drawer.startsWith('label:')) return isKept(message) && message.labels.includes(drawer.slice('label:'.length));
  const { place } = message;
  const isThere = !place.startsWith('folder:') || tags === null || tags.folders.some(({ id }) => place.endsWith(id));
  return (isThere ? place : 'archive') === drawer;
}

/** What a place is called. */
export function placeName(place: Place, tags: Tags): string {
  if (!place.startsWith('folder:')) return en.mail.places[place as keyof typeof en.mail.places];
  const id = place.slice('folder:'.length);
  return tags?.folders.find((folder) => folder.id === id)?.name ?? en.mail.places.archive;
}

/** What a drawer is called. */
export function drawerName(drawer: Drawer, tags: Tags): string {
  if (drawer === 'all' || drawer === 'starred') return en.mail.places[drawer];
  if (!drawer.startsWith('label:')) return placeName(drawer as Place, tags);
  const id = drawer.slice('label:'.length);
  return tags?.labels.find((label) => label.id === id)?.name ?? en.mail.label;
}
