import { describe, expect, it } from 'vitest';
import { shareEstimate } from '../../../core/evaluation/intervals.js';
import { pairedDifference } from '../../../core/evaluation/paired-difference.js';
import { createRandom, type RandomStream } from '../../../core/random.js';

const dataSets = 2000;
const questions = 30;

/** How far apart the chances of an easy and a hard question are: nearly always or never right, in between, equal. */
const spreads = { bimodal: 0.9, mixed: 0.4, equal: 0 };
const cells = [0.05, 0.5, 0.95].flatMap((mean) => Object.values(spreads).map((spread) => ({ mean, spread })));

interface Population {
  readonly mean: number;
  readonly spread: number;
}

/** A binomial count by inversion of its distribution. */
function binomial(n: number, p: number, u: number): number {
  let mass = (1 - p) ** n;
  let below = mass;
  let count = 0;
  while (u >= below && count < n) {
    mass *= ((n - count) / (count + 1)) * (p / (1 - p));
    below += mass;
    count++;
  }
  return count;
}

function drawShares(stream: RandomStream, { mean, spread }: Population, set: number, samples: number): number[] {
  return Array.from({ length: questions }, (_, question) => {
    const easy = stream.uniform(set, question, 0) < mean;
    const chance = mean * (1 - spread) + (easy ? spread : 0);
    return binomial(samples, chance, stream.uniform(set, question, 1)) / samples;
  });
}

/** Share of data sets whose predicate holds. */
function shareOf(holds: (set: number) => boolean): number {
  let count = 0;
  for (let set = 0; set < dataSets; set++) if (holds(set)) count++;
  return count / dataSets;
}

const random = createRandom(1);

describe.each([1, 16])('share of 30 questions x %d', (samples) => {
  it.each(cells)('is covered, mean $mean, spread $spread', (population) => {
    const covered = shareOf((set) => {
      const shares = drawShares(random.stream('coverage'), population, set, samples);
      const [low, high] = shareEstimate(shares, questions * samples).interval ?? [NaN, NaN];
      return low <= population.mean && population.mean <= high;
    });
    expect(covered).toBeGreaterThanOrEqual(0.93);
    // Near 0 and 1 the allowance for unseen questions leaves one side that never misses, so it covers more.
    expect(covered).toBeLessThanOrEqual(population.mean === 0.5 ? 0.97 : 0.99);
  });
});

it.each(cells)('equal models seldom differ, mean $mean, spread $spread', (population) => {
  const alarms = shareOf((set) => {
    const a = drawShares(random.stream('first'), population, set, 16);
    const b = drawShares(random.stream('second'), population, set, 16);
    const { interval } = pairedDifference(a, b);
    return interval !== null && (interval[0] > 0 || interval[1] < 0);
  });
  expect(alarms).toBeLessThanOrEqual(0.07);
});
