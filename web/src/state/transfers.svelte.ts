/** The tray: every transfer, gathered by the gesture that started it. */
import { SvelteMap } from 'svelte/reactivity';
import type { Id, KeptHandle, Transfer, TransferState, UploadItem } from '../engine/api';
import { Action } from './action.svelte';
import { engine, listen } from './engine';
import { whenLeft } from './leaving';

/** What one drop, one pick or one download click started; drawn as one row. */
export interface Group {
  id: Id;
  name: string;
  /** Loose files besides the one that gives the name. */
  more: number;
  direction: Transfer['direction'];
  members: Transfer[];
  state: TransferState;
  sizeBytes: number;
  doneBytes: number;
  speed: number;
  done: number;
}

/** The state of the whole is that of the member that most needs a person, else of the one that moves. */
const URGENCY: TransferState[] = [
  'needs-file',
  'failed',
  'retrying',
  'running',
  'queued',
  'paused',
  'done',
  'cancelled',
];

export function gather(transfers: Iterable<Transfer>): Group[] {
  const groups = new Map<Id, Transfer[]>();
  for (const transfer of transfers) {
    const members = groups.get(transfer.group);
    if (members) members.push(transfer);
    else groups.set(transfer.group, [transfer]);
  }
  return [...groups].map(([id, members]) => groupOf(id, members)).toReversed();
}

function groupOf(id: Id, members: Transfer[]): Group {
  const counted = members.filter((member) => member.state !== 'cancelled');
  const sum = (of: (member: Transfer) => number) => counted.reduce((total, member) => total + of(member), 0);
  const first = members[0];
  return {
    id,
    name: first?.path[0] ?? first?.name ?? '',
    more: first?.path.length === 0 ? members.length - 1 : 0,
    direction: first?.direction ?? 'up',
    members,
    state: URGENCY.find((state) => members.some((member) => member.state === state)) ?? 'queued',
    sizeBytes: sum((member) => member.sizeBytes),
    doneBytes: sum((member) => member.doneBytes),
    speed: sum((member) => member.speed),
    done: members.filter((member) => member.state === 'done').length,
  };
}

export function secondsLeft(group: Pick<Group, 'sizeBytes' | 'doneBytes' | 'speed'>): number | null {
  return group.speed > 0 ? (group.sizeBytes - group.doneBytes) / group.speed : null;
}

class Transfers {
  byId = new SvelteMap<Id, Transfer>();
  readonly action = new Action();
  readonly groups = $derived(gather(this.byId.values()));
  readonly running = $derived(
    [...this.byId.values()].filter(({ state }) => state === 'running' || state === 'queued' || state === 'retrying')
      .length,
  );
  readonly waiting = $derived([...this.byId.values()].filter(({ state }) => state === 'needs-file').length);
  readonly failed = $derived([...this.byId.values()].some(({ state }) => state === 'failed'));
  readonly total = $derived(
    groupOf(
      '',
      [...this.byId.values()].filter(({ state }) => state !== 'failed'),
    ),
  );

  async load() {
    for (const transfer of await engine.transfers()) this.byId.set(transfer.id, transfer);
  }

  /** A dialog may stay open for long: only what has been chosen waits its turn. */
  async upload(parent: Id, chosen: Promise<UploadItem[]>) {
    await Promise.allSettled([chosen]);
    return this.action.queue(async () => {
      const items = await chosen;
      if (items.length > 0) await engine.upload(parent, items);
    });
  }

  /** Uses kept handles where the browser has them: a permission, asked for in the click that brought us here. */
  async reopen(group: Group): Promise<UploadItem[]> {
    const waiting = idsIn(group, 'needs-file');
    const kept: KeptHandle[] = await engine.keptHandles(waiting);
    // All at once, while the click still counts as one.
    const files = await Promise.all(kept.map(({ handle }) => readAgain(handle)));
    return kept.flatMap(({ transfer, handle }, i) => {
      const file = files[i];
      return file ? [{ path: this.byId.get(transfer)?.path ?? [], file, handle }] : [];
    });
  }

  resumeWith(group: Group, items: UploadItem[]) {
    return engine.resumeWith(idsIn(group, 'needs-file'), items);
  }
}

export function idsIn(group: Group, ...states: TransferState[]): Id[] {
  return group.members.filter((member) => states.includes(member.state)).map((member) => member.id);
}

/** `requestPermission` is Chromium's own and not in the standard types. */
type AskableHandle = FileSystemFileHandle & { requestPermission?(options: { mode: 'read' }): Promise<PermissionState> };

async function readAgain(handle: AskableHandle): Promise<File | null> {
  try {
    const permission = (await handle.requestPermission?.({ mode: 'read' })) ?? 'granted';
    return permission === 'granted' ? await handle.getFile() : null;
  } catch {
    return null; // moved or deleted on the disk: the person will have to choose it
  }
}

export const transfers = new Transfers();

whenLeft(() => transfers.byId.clear());

listen((event) => {
  if (event.type !== 'transfers-changed') return;
  for (const transfer of event.changed) transfers.byId.set(transfer.id, transfer);
  for (const id of event.removed) transfers.byId.delete(id);
});
