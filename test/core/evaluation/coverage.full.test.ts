import { describe, expect, it } from 'vitest';
import { coverageOf, isCorner, pairedCoverage } from './coverage.js';
import { beta, constant, type Design, logitNormal, mixture, type Population, twoKinds } from './populations.js';

const grid = (means: readonly number[], concentrations: readonly number[]): Population[] =>
  means.flatMap((mean) => concentrations.map((concentration) => beta(mean, concentration)));

/** The method was chosen on these. */
const chosenOn = {
  designs: ['30x16', '100x4', '500x1'],
  populations: [
    ...grid([0.05, 0.3, 0.5, 0.9], [0.2, 1, 5, 30]),
    ...[0.1, 0.3, 0.7].map(constant),
    ...[0.1, 0.7].flatMap((mean) => [0.9, 0.4].map((spread) => twoKinds(mean, spread))),
  ],
};

/** And confirmed on these, which were fixed before anything was computed on them. */
const heldOut = {
  designs: ['30x16', '48x4', '150x8'],
  populations: [
    ...grid([0.08, 0.25, 0.55, 0.8, 0.92], [0.5, 3, 20]),
    mixture('three kinds', [0.02, 0.5, 0.98], [1, 1, 1]),
    logitNormal(0, 3),
    logitNormal(-3, 1),
  ],
};

const designOf = (text: string): Design => {
  const [questions = 0, samples = 0] = text.split('x').map(Number);
  return { questions, samples };
};

const cellsOf = ({ designs, populations }: typeof heldOut) =>
  designs.flatMap((name) => populations.map((population) => ({ name, population, design: designOf(name) })));

describe.each([
  ['chosen on', chosenOn],
  ['held out', heldOut],
])('mean@k, populations %s', (_, set) => {
  const cells = cellsOf(set).map((cell) => ({ ...cell, coverage: coverageOf(cell.population, cell.design) }));
  it.each(cells)('$name, $population.name', ({ coverage, design }) => {
    expect(coverage.covered).toBeGreaterThanOrEqual(0.93);
    // 30 skewed questions may exceed 97 % a little, in the corner more; never the other way.
    expect(coverage.covered).toBeLessThanOrEqual(isCorner(coverage, design) ? 0.985 : 0.976);
  });
  it('lies between 93 and 97 % for nine populations in ten outside the corner', () => {
    const judged = cells.filter(({ coverage, design }) => !isCorner(coverage, design));
    const within = judged.filter(({ coverage }) => coverage.covered <= 0.97);
    expect(within.length / judged.length).toBeGreaterThanOrEqual(0.9);
  });
});

// pass@k is no share of responses, so that the interval fits it a little less: measured 92.8 to 97.8 %.
describe.each([2, 4, 16])('pass@%d of 30x16', (k) => {
  const design = { questions: 30, samples: 16 };
  it.each(grid([0.08, 0.25, 0.55, 0.8], [0.5, 3, 20]))('$name', (population) => {
    const coverage = coverageOf(population, design, k);
    expect(coverage.covered).toBeGreaterThanOrEqual(0.925);
    expect(coverage.covered).toBeLessThanOrEqual(isCorner(coverage, design) ? 1 : 0.98);
  });
});

const pairedDesigns = [
  { questions: 30, samples: 16 },
  { questions: 100, samples: 4 },
];

describe.each([0, 0.7, 2])('paired difference, log-odds %d apart', (shift) => {
  const better = (chance: number): number => chance / (chance + (1 - chance) * Math.exp(-shift));
  const cells = pairedDesigns.flatMap((design) => [
    ...grid([0.3, 0.5, 0.7], [1, 5, 30]).map((population) => ({ population, design, least: 0.93 })),
    // A few questions make the whole difference, and many data sets have hardly one of them.
    ...grid([0.1, 0.9], [0.2]).map((population) => ({ population, design, least: 0.88 })),
  ]);
  it.each(cells)('$design.questions x $design.samples, $population.name', ({ population, design, least }) => {
    const covered = pairedCoverage(population, design, better);
    expect(covered).toBeGreaterThanOrEqual(least);
    if (least === 0.93) expect(covered).toBeLessThanOrEqual(0.975);
  });
});
