import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../core/random.js';
import { compareArms } from '../../../core/study/compare-arms.js';

type Interval = [mean: number, low: number, high: number];

interface Recorded {
  readonly cases: readonly {
    readonly name: string;
    readonly values: readonly (readonly number[])[];
    readonly means: readonly Interval[];
    readonly differences: readonly Interval[];
  }[];
}

const file = new URL('../../fixtures/study/comparisons.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as Recorded;

const armsOf = (values: readonly (readonly (number | null)[])[]) =>
  values.map((own, i) => ({ name: `arm ${i}`, values: own }));

/** Both sides work in doubles: 1e-9 is far above rounding, far below any figure shown. */
function expectClose(
  estimate: { mean: number; interval: readonly [number, number] | null } | null,
  expected: Interval | undefined,
): void {
  const found = [estimate?.mean, ...(estimate?.interval ?? [])];
  expect(found.length).toBe(3);
  found.forEach((value, i) => {
    expect(Math.abs((value ?? NaN) - (expected?.[i] ?? NaN))).toBeLessThan(1e-9);
  });
}

describe('compareArms', () => {
  it.each(cases)('agrees with scipy: $name', ({ values, means, differences }) => {
    const compared = compareArms(armsOf(values));
    compared.forEach(({ mean }, i) => {
      expectClose(mean, means[i]);
    });
    expect(compared[0]).toMatchObject({ difference: null, verdict: null });
    compared.slice(1).forEach(({ difference }, i) => {
      expectClose(difference, differences[i]);
    });
  });

  it('calls a winner among equal arms in at most 7 % of 2,000 studies, and does not refuse to call any', () => {
    const stream = createRandom(1).stream('equal arms');
    const [studies, arms, seeds] = [2000, 4, 5];
    let winners = 0;
    for (let study = 0; study < studies; study++) {
      const values = Array.from({ length: arms }, (_, arm) =>
        Array.from({ length: seeds }, (_, seed) => {
          const [shared] = stream.normalPair(study, seed, 99);
          const [own] = stream.normalPair(study, seed, arm);
          return 0.5 + 0.1 * shared + 0.03 * own;
        }),
      );
      if (compareArms(armsOf(values)).some(({ verdict }) => / (?:higher|lower) by /.test(verdict ?? ''))) winners++;
    }
    expect(winners / studies).toBeLessThan(0.07);
    expect(winners / studies).toBeGreaterThan(0.02);
  });

  it('sees a difference of arms that is hidden between seeds, since it compares within them', () => {
    const main = [0.1, 0.5, 0.9, 0.3];
    const [, other] = compareArms(armsOf([main, main.map((value, i) => value - 0.05 - 0.002 * i)]));
    expect(other!.verdict).toBe('arm 1 is lower by 0.053 (0.049 to 0.057)');
  });

  it('has no interval for one seed, and says so', () => {
    const [first, other] = compareArms(armsOf([[0.5], [0.75]]));
    expect([first!.mean, other!.mean]).toEqual([
      { mean: 0.5, interval: null },
      { mean: 0.75, interval: null },
    ]);
    expect(other!.difference).toEqual({ mean: 0.25, interval: null, pairs: 1 });
    expect(other!.verdict).toBe('no verdict from one seed, with which arm 1 is higher by 0.250');
  });

  it('pairs only seeds that both arms have', () => {
    const [first, other, none] = compareArms(
      armsOf([
        [1, 2, null, 4],
        [2, null, 7, 5],
        [null, null, null, null],
      ]),
    );
    expect(first!.mean!.mean).toBeCloseTo(7 / 3, 12);
    expect(other!.difference).toEqual({ mean: 1, interval: null, pairs: 2 });
    expect(none).toMatchObject({ mean: null, difference: null });
    expect(none!.verdict).toBe('not comparable: no seed has this outcome in both arms');
  });

  it('takes rounding for no spread: it would make any difference certain', () => {
    const [, other] = compareArms(armsOf([[0.51, 0.57, 0.3], [0.45, 0.51, 0.24]])); // prettier-ignore
    expect(0.51 - 0.45).not.toBe(0.57 - 0.51);
    expect(other!.difference!.interval).toBeNull();
    expect(other!.verdict).toMatch(/^no verdict: arm 1 is lower by 0\.060 with each of 3 seeds alike/);
  });

  it('of equal arms sees no difference', () => {
    const [, other] = compareArms(armsOf([[0.4, 0.6], [0.4, 0.6]])); // prettier-ignore
    expect(other!.verdict).toBe('no difference seen (equal with each of 2 seeds)');
  });
});
