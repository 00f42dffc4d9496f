import type { Expression } from '../expression.js';
import { knownUnit } from '../latex/units.js';
import type { Outcome } from './context.js';

const day = 24 * 3600;

/** A time of day in seconds. `half`: a.m. or p.m. was said; `open`: which half of the day was left open. */
interface Clock {
  readonly seconds: number;
  readonly half: boolean;
  readonly open: boolean;
}

/** Two times of day, on a clock of 12 hours or of 24; undefined unless both are times and one says a.m. or p.m. */
export function compareClocks(gold: Expression, prediction: Expression): Outcome | undefined {
  const [g, p] = [clockOf(gold), clockOf(prediction)];
  if (g === undefined || p === undefined || !(g.half || p.half)) return undefined;
  // 3:45 leaves the half of the day open, 15:45 does not.
  const equal = g.open || p.open ? g.seconds % (day / 2) === p.seconds % (day / 2) : g.seconds === p.seconds;
  return { equal, rule: 'time' };
}

function clockOf(e: Expression): Clock | undefined {
  const { half, written } = halfOfDay(e);
  if (half !== undefined && half !== 'morning^1' && half !== 'afternoon^1') return undefined;
  const seconds = secondsOf(written, half !== undefined);
  if (seconds === undefined) return undefined;
  if (half === undefined) return { seconds, half: false, open: seconds >= 3600 && seconds < 13 * 3600 };
  return { seconds: (seconds % (day / 2)) + (half === 'afternoon^1' ? day / 2 : 0), half: true, open: false };
}

/** The unit behind a time, which the grammar gives to its last part. */
function halfOfDay(e: Expression): { half: string | undefined; written: Expression } {
  const last = e.kind === 'ratio' ? e.parts.at(-1) : e;
  if (last?.kind !== 'unit') return { half: undefined, written: e };
  if (!/^\s*[ap]\.?\s?m/i.test(last.unit)) return { half: '', written: e };
  const half = knownUnit(last.unit)?.dimension ?? '';
  return { half, written: e.kind === 'ratio' ? { ...e, parts: [...e.parts.slice(0, -1), last.value] } : last.value };
}

/** Hours, minutes and seconds of 9:05:30; a bare number is hours where a half of the day is said. */
function secondsOf(e: Expression, bareHours: boolean): number | undefined {
  const parts = e.kind === 'ratio' && e.time ? e.parts : bareHours ? [e] : [];
  const numbers = parts.map((part) => (part.kind === 'number' && part.value.d === 1n ? Number(part.value.n) : NaN));
  const [hours, minutes = 0, seconds = 0] = numbers;
  return hours === undefined || numbers.some(Number.isNaN) ? undefined : (hours * 60 + minutes) * 60 + seconds;
}
