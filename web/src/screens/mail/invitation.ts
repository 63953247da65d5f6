/** When an invitation is for, in words. */
import type { Invitation, Moment } from '../../engine/api';
import { formatClock, formatDate } from '../../format/time';

/** "3 Mar 2026 14:00 to 15:30", by the reader's clock if it is known which moment that is, else with the zone's name. */
export function whenOf({ start, end, duration }: Pick<Invitation, 'start' | 'end' | 'duration'>): string {
  if (!start) return '';
  const from = read(start);
  const to = end ? read(end) : after(from, duration);
  const zone = isKnown(start.zone) ? '' : ` (${start.zone})`;
  if (!start.time) return formatDays(from, to);
  if (!to || to.getTime() <= from.getTime()) return `${say(from)}${zone}`;
  const isSameDay = from.toDateString() === to.toDateString();
  return `${say(from)} – ${isSameDay ? formatClock(to.getTime()) : say(to)}${zone}`;
}

const say = (time: Date) => `${formatDate(time.getTime())} ${formatClock(time.getTime())}`;

/** A day that ends as the next one begins is that day alone. */
function formatDays(from: Date, to: Date | null): string {
  const first = formatDate(from.getTime());
  const last = to ? formatDate(new Date(to.getFullYear(), to.getMonth(), to.getDate() - 1).getTime()) : first;
  return !to || to.getTime() <= from.getTime() || last === first ? first : `${first} – ${last}`;
}

function read({ date: [year, month, day], time, zone }: Moment): Date {
  const [hour, minute] = time ?? [0, 0];
  if (time === null || zone === '') return new Date(year, month - 1, day, hour, minute);
  const utc = Date.UTC(year, month - 1, day, hour, minute);
  if (zone === 'UTC') return new Date(utc);
  return isKnown(zone) ? new Date(utc - aheadMs(utc, zone)) : new Date(year, month - 1, day, hour, minute);
}

/** How far a zone's clock is ahead of UTC: near a change of clocks it may be off by what they change. */
function aheadMs(utc: number, zone: string): number {
  const there = new Date(utc).toLocaleString('en-US', { timeZone: zone });
  const here = new Date(utc).toLocaleString('en-US', { timeZone: 'UTC' });
  return Date.parse(there) - Date.parse(here);
}

/** Calendars also write the names of Windows, which browsers do not know. */
function isKnown(zone: string): boolean {
  if (zone === '') return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** RFC 5545, 3.3.6, without a sign. */
function after(from: Date, duration: string): Date | null {
  const found = /^P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:\d{1,4}S)?)?$/.exec(duration);
  if (!found) return null;
  const [weeks = 0, days = 0, hours = 0, minutes = 0] = found.slice(1).map((figures) => Number(figures ?? 0));
  return new Date(from.getTime() + (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000);
}
