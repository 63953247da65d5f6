/** Starts downloads: finds out where to, hands the engine the way there, and looks after it until it ends. */
import type { EngineEvent, Entry, Id, SaveTarget } from '../engine/api';
import { saveBlob } from '../files/save-blob';
import { keepStreamAwake } from '../files/save-stream';
import { chooseTarget } from '../files/target';
import { engine, listen } from './engine';

const ENDED = ['done', 'failed', 'cancelled'];
const atEnd = new Map<Id, () => void>();

export function downloadEntry({ id, name, sizeBytes }: Entry): Promise<Id | null> {
  return begin(name, sizeBytes, (target) => engine.download({ id, name, sizeBytes }, target));
}

export function downloadFromLink(link: Id, node: Id | null, name: string, sizeBytes: number): Promise<Id | null> {
  return begin(name, sizeBytes, (target) => engine.downloadFromLink(link, node, target));
}

/** A message, byte for byte as it came. */
export function downloadLetter(message: Id, name: string, sizeBytes: number): Promise<Id | null> {
  return begin(name, sizeBytes, (target) => engine.saveLetter(message, name, sizeBytes, target));
}

/** All messages in one file, of about that size. */
export function downloadMailbox(name: string, sizeBytes: number): Promise<Id | null> {
  return begin(name, null, (target) => engine.exportMail(name, sizeBytes, target));
}

/** `null`: the person closed the file picker. */
async function begin(
  name: string,
  sizeBytes: number | null,
  start: (target: SaveTarget) => Promise<Id>,
): Promise<Id | null> {
  const target = await chooseTarget(name, sizeBytes);
  if (!target) return null;
  const transfer = await start(target);
  if (target.kind === 'port') atEnd.set(transfer, keepStreamAwake());
  if (target.kind === 'private') atEnd.set(transfer, () => void saveCopy(transfer, name));
  return transfer;
}

async function saveCopy(transfer: Id, name: string) {
  const file = await engine.unsaved(transfer);
  if (file) saveBlob(name, file);
}

listen((event: EngineEvent) => {
  if (event.type !== 'transfers-changed') return;
  for (const { id, state } of event.changed) {
    if (!ENDED.includes(state)) continue;
    atEnd.get(id)?.();
    atEnd.delete(id);
  }
});
