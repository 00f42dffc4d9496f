import { describe, expect, it } from 'vitest';
import { shareEstimate } from '../../../core/evaluation/intervals.js';
import { pairedDifference } from '../../../core/evaluation/paired-difference.js';
import { coverageOf, dataSets, isCorner, random } from './coverage.js';
import { drawCounts, twoKinds } from './populations.js';

/** How far apart the chances of an easy and a hard question are: nearly always or never right, in between, equal. */
const cells = [0.05, 0.5, 0.95].flatMap((mean) => [0.9, 0.4, 0].map((spread) => twoKinds(mean, spread)));

describe('share of 30 questions x 16', () => {
  const design = { questions: 30, samples: 16 };
  it.each(cells)('is covered: $name', (population) => {
    const coverage = coverageOf(population, design);
    expect(coverage.covered).toBeGreaterThanOrEqual(0.93);
    // With 1.5 questions' worth of right or of wrong responses; see isCorner.
    expect(coverage.covered).toBeLessThanOrEqual(isCorner(coverage, design) ? 0.985 : 0.97);
  });
});

/** One sample of each question is one binomial count, so its coverage can be summed instead of drawn. */
function binomialCoverage(questions: number, chance: number): number {
  let mass = (1 - chance) ** questions;
  let covered = 0;
  for (let right = 0; right <= questions; right++) {
    const shares = Array.from({ length: questions }, (_, question) => (question < right ? 1 : 0));
    const [low, high] = shareEstimate(shares, questions).interval ?? [NaN, NaN];
    if (low <= chance && chance <= high) covered += mass;
    mass *= ((questions - right) / (right + 1)) * (chance / (1 - chance));
  }
  return covered;
}

// Counts are whole, so that coverage jumps: 30 questions of chance 0.1 allow 92.7 or 97.4 % and nothing in between.
it.each([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.95])('share of 30 questions x 1 is covered at %d', (chance) => {
  expect(binomialCoverage(30, chance)).toBeGreaterThanOrEqual(0.93);
  expect(binomialCoverage(30, chance)).toBeLessThanOrEqual(0.975);
});

it.each(cells)('equal models seldom differ: $name', (population) => {
  const design = { questions: 30, samples: 16 };
  let alarms = 0;
  for (let set = 0; set < dataSets; set++) {
    const [a, b] = ['first', 'second'].map((name) =>
      drawCounts(random.stream(name), population, set, design).map((right) => right / design.samples),
    );
    const { interval } = pairedDifference(a ?? [], b ?? []);
    if (interval !== null && (interval[0] > 0 || interval[1] < 0)) alarms++;
  }
  expect(alarms / dataSets).toBeLessThanOrEqual(0.07);
});
