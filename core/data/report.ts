import { elementAt } from '../arrays.js';
import type { FilterName } from './filters.js';
import type { DataNote } from './notes.js';

/** One problem that a filter matched. */
export interface Finding {
  readonly id: string;
  readonly prompt: string;
  readonly answer: string;
  /** Why, for example `the same as data/a.json#7`. */
  readonly reason: string;
}

export interface FilterReport {
  readonly filter: FilterName;
  readonly action: 'drop' | 'keep' | 'fail';
  /** Problems matched; undefined if the filter could not check, as with a reward that does not judge gold answers. */
  readonly found?: number;
  /** Of the duplicates: how many have another answer than the problem that was kept. */
  readonly contradicting?: number;
  /** The first few matches. */
  readonly examples: readonly Finding[];
}

/** One source of training problems. */
export interface SourceReport {
  readonly name: string;
  readonly form?: string;
  /** Records that the configuration did not select. */
  readonly unselected: number;
  /** What was noticed in the records; absent if nothing was. */
  readonly notes?: readonly DataNote[];
  /** Problems before the filters, and after. */
  readonly problems: number;
  readonly kept: number;
  readonly dropped: Readonly<Partial<Record<FilterName, number>>>;
  /** Expected share of the draws. */
  readonly share: number;
}

/** A held-out set: checked, never filtered. */
export interface EvaluationReport {
  readonly name: string;
  readonly form?: string;
  readonly notes?: readonly DataNote[];
  readonly problems: number;
  readonly found: readonly FilterReport[];
  readonly promptTokens: LengthReport;
}

/** Prompts in tokens, template included. */
export interface LengthReport {
  readonly count: number;
  readonly mean: number;
  /** Length by percentile: p0 is the shortest, p100 the longest. */
  readonly percentiles: Readonly<Record<'p0' | 'p50' | 'p90' | 'p99' | 'p100', number>>;
  /** Bins of equal width, from `from` up to, not including, `to`. */
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly count: number }[];
}

/** What filters found and did, for a line of text. */
export const leftOut = ({ filters }: DataReport): string =>
  filters
    .filter(({ found }) => (found ?? 0) > 0)
    .map(({ filter, found, action }) => `${filter} ${found}${action === 'keep' ? ' (kept)' : ''}`)
    .join(', ') || 'none';

/** The data of a run: what they are, which problems were left out and why. */
export interface DataReport {
  /**
   * Whether training problems are made on demand: only the first {@link promptTokens}.count are measured, and none are
   * filtered.
   */
  readonly generated: boolean;
  readonly problems: number;
  readonly kept: number;
  readonly sources: readonly SourceReport[];
  readonly filters: readonly FilterReport[];
  readonly evaluation: readonly EvaluationReport[];
  /** Of the training problems that are kept. */
  readonly promptTokens: LengthReport;
  /** Training problems that are kept, by the look of their gold answers. */
  readonly answerKinds: Readonly<Record<string, number>>;
}

const binCount = 10;

/** The distribution of some lengths; all zero for none. */
export function lengthReport(lengths: readonly number[]): LengthReport {
  const sorted = Int32Array.from(lengths).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const [shortest, longest] = [at(0), at(1)];
  return {
    count: sorted.length,
    mean: sorted.length === 0 ? 0 : sorted.reduce((sum, length) => sum + length, 0) / sorted.length,
    percentiles: { p0: shortest, p50: at(0.5), p90: at(0.9), p99: at(0.99), p100: longest },
    histogram: sorted.length === 0 ? [] : histogramOf(sorted, shortest, longest),
  };
}

function histogramOf(lengths: Int32Array, shortest: number, longest: number): LengthReport['histogram'] {
  const width = Math.max(1, Math.ceil((longest - shortest + 1) / binCount));
  const counts = new Int32Array(Math.ceil((longest - shortest + 1) / width));
  for (const length of lengths) {
    const bin = Math.floor((length - shortest) / width);
    counts[bin] = elementAt(counts, bin) + 1;
  }
  return Array.from(counts, (count, i) => ({
    from: shortest + i * width,
    to: shortest + (i + 1) * width,
    count,
  }));
}

/** What an answer looks like; for an overview, not for grading. */
export function answerKind(answer: string): string {
  const text = answer
    .trim()
    .replace(/^\$+|\$+$/g, '')
    .trim();
  if (/^[-+]?\d{1,3}(,\d{3})+$|^[-+]?\d+$/.test(text)) return 'integer';
  if (/^[-+]?\d*\.\d+$/.test(text)) return 'decimal';
  if (/^[-+]?(\d+\s*\/\s*\d+|\\[dt]?frac\s*(\{\s*-?\d+\s*\}|\d)\s*(\{\s*\d+\s*\}|\d))$/.test(text)) return 'fraction';
  if (/^\(?[A-Z]\)?$/.test(text)) return 'letter';
  if (/^[\p{L}\s.,'-]+$/u.test(text)) return 'words';
  return 'expression';
}
