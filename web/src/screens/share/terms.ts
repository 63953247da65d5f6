import type { ShareTerms } from '../../engine/api';

const DAY_MS = 86_400_000;

/** What was chosen in the form: "0" stands for "no limit". */
export interface ChosenTerms {
  password: string | null;
  days: string;
  times: string;
}

export function termsFrom({ password, days, times }: ChosenTerms, nowMs: number): ShareTerms {
  return {
    password,
    expiresMs: days === '0' ? null : nowMs + Number(days) * DAY_MS,
    downloads: times === '0' ? null : Number(times),
  };
}
