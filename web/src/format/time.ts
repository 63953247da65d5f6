import { count } from './count';

const MINUTE = 60;
const HOUR = 3600;
const DAY_MS = 86_400_000;

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
  const time = new Date(timeMs);
  const days = daysBetween(timeMs, nowMs);
  const clock = time.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (days === 0) return `today ${clock}`;
  if (days === 1) return `yesterday ${clock}`;
  return formatDate(timeMs);
}

/** For a list: "14:03", "Mon", "3 Mar", "3 Mar 2026". */
export function formatBrief(timeMs: number, nowMs: number): string {
  const time = new Date(timeMs);
  const days = daysBetween(timeMs, nowMs);
  if (days === 0) return time.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (days > 0 && days < 7) return time.toLocaleDateString('en-GB', { weekday: 'short' });
  if (time.getFullYear() !== new Date(nowMs).getFullYear()) return formatDate(timeMs);
  return time.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
}

export function formatDate(timeMs: number): string {
  return new Date(timeMs).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}

function daysBetween(earlierMs: number, laterMs: number): number {
  const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);
  return Math.round((midnight(laterMs) - midnight(earlierMs)) / DAY_MS);
}
