import type { ProblemList } from '../contracts/problems.js';
import type { FilterName } from './filters.js';
import type { SourceReport } from './report.js';

/** What became of each part of the training list `all`, of which `kept` is left. */
export function sourceReports(
  all: ProblemList,
  kept: ProblemList,
  dropped: ReadonlyMap<number, FilterName>,
): SourceReport[] {
  const parts = all.parts ?? [{ name: 'training problems', length: all.length }];
  const totalWeight = parts.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  let start = 0;
  return parts.map(({ name, length, form, unselected = 0, notes = [], weight }, i) => {
    const end = start + length;
    const counts = countDropped(dropped, start, end);
    start = end;
    const keptLength = kept.parts?.[i]?.length ?? kept.length;
    return {
      name,
      ...(form !== undefined && { form }),
      unselected,
      ...(notes.length > 0 && { notes }),
      problems: length,
      kept: keptLength,
      dropped: counts,
      share: weight === undefined ? keptLength / Math.max(1, kept.length) : weight / totalWeight,
    };
  });
}

function countDropped(dropped: ReadonlyMap<number, FilterName>, start: number, end: number): SourceReport['dropped'] {
  const counts: Partial<Record<FilterName, number>> = {};
  for (const [index, filter] of dropped) if (index >= start && index < end) counts[filter] = (counts[filter] ?? 0) + 1;
  return counts;
}
