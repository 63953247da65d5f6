/** How many guesses a password takes; what so many are worth is the engine's to say. */
import { formatDuration } from '../format/time';
import { en } from '../strings/en';

const YEAR_S = 365 * 86_400;

type Estimate = (password: string, known: string[]) => number;
let loading: Promise<Estimate> | undefined;

/** The dictionaries are large (measured in docs), so they come only when needed. */
function load(): Promise<Estimate> {
  loading ??= import('./strength-dictionaries').then((module) => module.estimateGuesses);
  return loading;
}

/** `known` are words that a guesser would try first: the account's name. */
export async function estimateGuesses(password: string, known: string[]): Promise<number> {
  const estimate = await load();
  // Beyond 100 characters the estimate only gets slower, not more telling.
  return estimate(password.slice(0, 100), known);
}

/** A span that is a guess itself, in words. */
export function sayTime(seconds: number): string {
  if (seconds >= 100 * YEAR_S) return en.strength.centuries;
  const years = Math.round(seconds / YEAR_S);
  return `about ${years >= 2 ? `${years} years` : formatDuration(seconds)}`;
}
