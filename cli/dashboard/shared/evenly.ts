import { elementAt } from '../../../core/arrays.js';

/** At most `count` (at least 2) items, evenly chosen, the first and the last among them. */
export function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => elementAt(items, Math.round((i * (items.length - 1)) / (count - 1))));
}
