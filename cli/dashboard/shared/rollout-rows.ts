import type { PlacedRollout, Rollout } from './data.js';

/** A response as a row of the table. */
export interface RolloutRow extends PlacedRollout {
  readonly iteration: number;
  readonly length: number;
  /** Geometric mean over the tokens. */
  readonly probability: number;
  /** Mean over the tokens in nats; absent in evaluations. */
  readonly entropy?: number;
}

export function rowOf(placed: PlacedRollout): RolloutRow {
  const { rollout, file } = placed;
  return {
    ...placed,
    iteration: file.iteration,
    length: rollout.tokens.length,
    probability: Math.exp(mean(rollout.samplerLogprobs)),
    ...(rollout.entropy && { entropy: mean(rollout.entropy) }),
  };
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;

/** What the table shows; empty texts and absent bounds let everything pass. */
export interface RolloutFilter {
  readonly verdict: string;
  readonly stopReason: string;
  /** In question, response, gold or extracted answer; upper and lower case are the same. */
  readonly text: string;
  readonly least?: number;
  readonly most?: number;
}

/** `least` and `most` bound the length in tokens. */
export function passes({ rollout, length }: RolloutRow, filter: RolloutFilter): boolean {
  const text = filter.text.toLowerCase();
  return (
    (filter.verdict === '' || rollout.verdict === filter.verdict) &&
    (filter.stopReason === '' || rollout.stopReason === filter.stopReason) &&
    (filter.least === undefined || length >= filter.least) &&
    (filter.most === undefined || length <= filter.most) &&
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

/** A copy in order of `key`, rows that compare equal in the order they came; what is unknown stands last either way. */
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
