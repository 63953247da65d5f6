/** What a race leaves behind, in the shape of `bench/src/row.rs`, and how it is run. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Row {
  title: string;
  note: string;
  unit: string;
  better: 'more' | 'less';
  heats: Heat[];
  measured: null;
}

export interface Heat {
  name: string;
  entries: Entry[];
}

export interface Entry {
  name: string;
  kind: 'ours' | 'peer' | 'limit';
  figures: number[];
  goal: { times: number } | { below: number } | null;
}

/** A contestant; a turn answers its figure. */
export type Runner = Omit<Entry, 'figures'> & { turn(): Promise<number> };

/** Enough for a median that one bad moment does not move. */
export const ROUNDS = Number(process.env['POSTERN_BENCH_ROUNDS'] ?? 5);

/** Everybody once a round. */
export async function race(name: string, runners: Runner[], rounds = ROUNDS): Promise<Heat> {
  const entries = runners.map(({ turn: _, ...entry }): Entry => ({ ...entry, figures: [] }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [place, { turn }] of runners.entries()) {
      const figure = await turn();
      entries[place]?.figures.push(figure);
      console.log(`${name}, round ${round}, ${runners[place]?.name}: ${figure.toFixed(1)}`);
    }
  }
  return { name, entries };
}

export async function leave(name: string, row: Omit<Row, 'measured'>) {
  const folder = process.env['POSTERN_BENCH_RESULTS'];
  if (!folder) throw new Error('`cargo xtask bench --peers` says where rows are left');
  const whole: Row = { ...row, measured: null };
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(whole, null, 2)}\n`);
}
