import { count } from './count';

const MINUTE = 60;
const HOUR = 3600;
const DAY_MS = 86_400_000;

// Not from the browser's tables of all languages: reading those in takes a tenth of the time until mail is there.
const WEEKDAYS = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ');
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec'.split(' ');

/** How long something will take, as a person would say it. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return 'a moment';
  if (seconds < MINUTE) return count(Math.ceil(seconds), 'second');
  if (seconds < HOUR) return count(Math.round(seconds / MINUTE), 'minute');
  if (seconds < 48 * HOUR) return count(Math.round(seconds / HOUR), 'hour');
  return count(Math.round(seconds / (24 * HOUR)), 'day');
}

/** "today 14:03", "yesterday 09:20", "3 Mar 2026". */
export function formatWhen(timeMs: number, nowMs: number): string {
  const days = daysBetween(timeMs, nowMs);
  if (days === 0) return `today ${formatClock(timeMs)}`;
  if (days === 1) return `yesterday ${formatClock(timeMs)}`;
  return formatDate(timeMs);
}

/** "3 Mar 2026 14:03". */
export function formatMoment(timeMs: number): string {
  return `${formatDate(timeMs)} ${formatClock(timeMs)}`;
}

/** For a list: "14:03", "Mon", "3 Mar", "3 Mar 2026". */
export function formatBrief(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs);
  const days = daysBetween(timeMs, nowMs);
  if (days === 0) return formatClock(timeMs);
  if (days > 0 && days < 7) return WEEKDAYS[time.getDay()] ?? '';
  return time.getFullYear() === new Date(nowMs).getFullYear() ? formatDay(time) : formatDate(timeMs);
}

export function formatDate(timeMs: number): string {
  const time = new Date(timeMs);
  return `${formatDay(time)} ${time.getFullYear()}`;
}

function formatDay(time: Date): string {
  return `${time.getDate()} ${MONTHS[time.getMonth()]}`;
}

export function formatClock(timeMs: number): string {
  const time = new Date(timeMs);
  return [time.getHours(), time.getMinutes()].map((figures) => String(figures).padStart(2, '0')).join(':');
}

function daysBetween(earlierMs: number, laterMs: number): number {
  const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);
  return Math.round((midnight(laterMs) - midnight(earlierMs)) / DAY_MS);
}
