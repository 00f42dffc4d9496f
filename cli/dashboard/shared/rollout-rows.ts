import type { LocatedRollout, Rollout } from './data.js';

/** A response as a row of the table. */
export interface RolloutRow extends LocatedRollout {
  readonly iteration: number;
  /** Tokens of the policy. */
  readonly length: number;
  /** Geometric mean over the tokens. */
  readonly probability: number;
  /** Mean over the tokens, in nats; absent in evaluations. */
  readonly entropy?: number;
}

export function rowOf(located: LocatedRollout): RolloutRow {
  const { rollout, file } = located;
  return {
    ...located,
    iteration: file.iteration,
    length: rollout.samplerLogprobs.length,
    probability: Math.exp(mean(rollout.samplerLogprobs)),
    ...(rollout.entropy && { entropy: mean(rollout.entropy) }),
  };
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;

/** Which rows the table shows; an empty text or an absent bound accepts all. */
export interface RolloutFilter {
  readonly verdict: string;
  readonly stopReason: string;
  /** Searched in question, response, gold and extracted answer, ignoring case. */
  readonly text: string;
  readonly minTokens?: number;
  readonly maxTokens?: number;
}

export function passes({ rollout, length }: RolloutRow, filter: RolloutFilter): boolean {
  const text = filter.text.toLowerCase();
  return (
    (filter.verdict === '' || rollout.verdict === filter.verdict) &&
    (filter.stopReason === '' || rollout.stopReason === filter.stopReason) &&
    (filter.minTokens === undefined || length >= filter.minTokens) &&
    (filter.maxTokens === undefined || length <= filter.maxTokens) &&
    (text === '' || searched(rollout).some((part) => part.toLowerCase().includes(text)))
  );
}

const searched = ({ question, text, gold, answer, problem }: Rollout): string[] => [
  question,
  text,
  gold,
  answer ?? '',
  problem,
];

export const sortKeys = [
  'iteration',
  'question',
  'verdict',
  'reward',
  'length',
  'stopReason',
  'probability',
  'entropy',
  'answer',
] as const;
export type SortKey = (typeof sortKeys)[number];

/** A copy sorted by `key`; equal rows keep their order, and unknown values come last in either direction. */
export function sortRows(rows: readonly RolloutRow[], key: SortKey, descending: boolean): RolloutRow[] {
  const sign = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [valueOf(a, key), valueOf(b, key)];
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return sign * (String(x) < String(y) ? -1 : Number(String(x) > String(y)));
  });
}

function valueOf(row: RolloutRow, key: SortKey): number | string | undefined {
  switch (key) {
    case 'iteration':
    case 'length':
    case 'probability':
    case 'entropy':
      return row[key];
    default:
      return row.rollout[key];
  }
}
