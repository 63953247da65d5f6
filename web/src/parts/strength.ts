/** How hard a password is to guess. The dictionaries are large (measured in docs), so they come only when needed. */
import { formatDuration } from '../format/time';
import { en } from '../strings/en';

export interface Strength {
  /** 0 to 4; below 2 a thief with the database would have it within a day. */
  level: 0 | 1 | 2 | 3 | 4;
  /** How long that thief would need, in words. */
  time: string;
}

/** Argon2id at 64 MiB: about ten guesses a second on one core; a thief may well rent a thousand of them. */
const GUESSES_A_SECOND = 10_000;
const DAY_S = 86_400;
const YEAR_S = 365 * DAY_S;

export function gradeGuesses(guesses: number): Strength {
  const seconds = guesses / GUESSES_A_SECOND;
  const bounds = [60, DAY_S, YEAR_S, 100 * YEAR_S];
  const level = bounds.filter((bound) => seconds >= bound).length as Strength['level'];
  return { level, time: sayTime(seconds) };
}

function sayTime(seconds: number): string {
  if (seconds >= 100 * YEAR_S) return en.strength.centuries;
  const years = Math.round(seconds / YEAR_S);
  return `about ${years >= 2 ? `${years} years` : formatDuration(seconds)}`;
}

type Estimate = (password: string, known: string[]) => number;
let loading: Promise<Estimate> | undefined;

function load(): Promise<Estimate> {
  loading ??= import('./strength-dictionaries').then((module) => module.estimateGuesses);
  return loading;
}

/** `known` are words that a guesser would try first: the account's name. */
export async function gradePassword(password: string, known: string[]): Promise<Strength> {
  const estimate = await load();
  // Beyond 100 characters the estimate only gets slower, not more telling.
  return gradeGuesses(estimate(password.slice(0, 100), known));
}
