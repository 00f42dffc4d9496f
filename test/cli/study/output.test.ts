import { describe, expect, it } from 'vitest';
import { bandOf } from '../../../cli/study/bands.js';
import { studyDocument, verdictLines } from '../../../cli/study/document.js';
import { studyPage } from '../../../cli/study/page.js';
import { drawOutcome } from '../../../cli/study/outcome-plot.js';
import { drawPlot } from '../../../cli/study/plot.js';
import { ticks, tickText } from '../../../cli/study/ticks.js';
import { compareArms } from '../../../core/study/compare-arms.js';
import { studyResultsSchema, type StudyResults } from '../../../core/study/results.js';
import { studySchema } from '../../../core/study/study.js';
import { smallStudy } from './small-study.js';

const hostile = '<script>alert(1)</script>"&\u001b[31m';

function resultsWith(name: string): StudyResults {
  const arms = [{ name }, { name: 'other' }];
  const study = studySchema.parse({
    ...smallStudy,
    title: name,
    question: name,
    claim: { text: name, source: name },
    arms,
  });
  return studyResultsSchema.parse({
    version: 1,
    producer: 'test 1.0.0',
    study,
    set: [],
    seeds: [1, 2],
    arms: arms.map((arm) => ({ ...arm, differing: [['a', '1', name]], runs: [] })),
    outcomes: [
      {
        metric: 'reward',
        label: name,
        arms: compareArms([
          { name, values: [0.5, 0.75] },
          { name: 'other', values: [0.25, null] },
        ]),
      },
    ],
  });
}

describe('bandOf', () => {
  const curve = (values: readonly (number | null)[]) => ({ iterations: [0, 1, 2], values });
  it('is the mean over seeds with its t interval, where all seeds have a value', () => {
    const band = bandOf([curve([1, null, 2]), curve([3, 5, 2])]);
    expect(band.map(({ iteration, mean }) => [iteration, mean])).toEqual([
      [0, 2],
      [2, 2],
    ]);
    // t(0.975, 1) = 12.7062 times the standard error 1.
    expect(band[0]!.high).toBeCloseTo(2 + 12.7062, 3);
    expect(band[0]!.low).toBeCloseTo(2 - 12.7062, 3);
    expect([band[1]!.low, band[1]!.high]).toEqual([2, 2]);
  });
  it('of one seed is its curve without width', () => {
    expect(bandOf([curve([1, null, 2])])).toEqual([
      { iteration: 0, mean: 1, low: 1, high: 1 },
      { iteration: 2, mean: 2, low: 2, high: 2 },
    ]);
  });
});

describe('ticks', () => {
  it.each([
    [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.13, 0.47, [0.1, 0.2, 0.3, 0.4, 0.5]],
    [-3, 12, [-5, 0, 5, 10, 15]],
    [2, 2, [1, 1.5, 2, 2.5, 3]],
  ])('from %d to %d are round and enclose both', (low, high, expected) => {
    expect(ticks(low, high, 5).map((tick) => Number(tick.toPrecision(6)))).toEqual(expected);
  });
  it('are written without noise', () => {
    expect([0.1 + 0.2, -0.5, 1e-7].map(tickText)).toEqual(['0.3', '−0.5', '1e−7']);
  });
});

describe('drawPlot', () => {
  const point = (iteration: number, mean: number) => ({ iteration, mean, low: mean - 0.1, high: mean + 0.1 });
  const arms = [
    { name: 'first', band: [point(0, 0.2), point(10, 0.5)] },
    { name: 'second', band: [point(0, 0.2), point(10, 0.501)] },
  ];
  it('draws a line, a band and a label for each arm, each with a stroke of its own', () => {
    const svg = drawPlot({ title: 'reward', note: 'mean of 2 seeds', arms });
    expect(svg.match(/<path class="line /g)?.length).toBe(2);
    expect(svg.match(/<path class="band /g)?.length).toBe(2);
    expect(svg).toContain('.line.arm-1{stroke-dasharray:6 4}');
    const colors = [...svg.matchAll(/\.arm-\d\{color:(#\w+)\}/g)].map(([, color]) => color);
    expect(new Set(colors).size).toBe(4);
    expect(svg).toMatch(/>iteration<\/text>/);
  });
  it('keeps labels of curves that end together apart', () => {
    const svg = drawPlot({ title: 'reward', note: '', arms });
    const heights = [...svg.matchAll(/class="name arm-\d" x="[\d.]+" y="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(Math.abs(heights[0]! - heights[1]!)).toBeGreaterThanOrEqual(15);
  });
  it('shows hostile names as text, and draws nothing for an arm without values', () => {
    const svg = drawPlot({ title: hostile, note: hostile, arms: [{ name: hostile, band: [] }, ...arms] });
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('NaN');
    expect(svg.match(/class="name /g)?.length).toBe(2);
  });
  it('of one point draws a dot', () => {
    expect(drawPlot({ title: 'a', note: '', arms: [{ name: 'x', band: [point(3, 1)] }] })).toContain(
      '<circle class="dot',
    );
  });
});

describe('drawOutcome', () => {
  const [outcome] = resultsWith(hostile).outcomes;
  it('draws a dot for each seed and each mean, and a bar for each interval', () => {
    const svg = drawOutcome(outcome!, 2);
    expect(svg.match(/class="dot seed /g)?.length).toBe(3);
    expect(svg.match(/class="dot arm-/g)?.length).toBe(2);
    expect(svg.match(/class="bar arm-/g)?.length).toBe(1);
    expect(svg).toContain('0.250;  difference −0.250');
    for (const hidden of ['<script', 'NaN', '\u001b']) expect(svg).not.toContain(hidden);
  });
});

describe('studyPage', () => {
  it('escapes whatever a study states, and allows no script', () => {
    const svg = drawPlot({ title: 'reward', note: '', arms: [] });
    const page = studyPage({
      results: resultsWith(hostile),
      plots: [{ name: hostile, svg }],
      command: `orz-train study ${hostile}`,
    });
    expect(page).not.toContain('<script');
    expect(page).not.toContain('\u001b');
    expect(page).toMatch(/default-src 'none'; style-src 'sha256-[^']+'; img-src data:/);
    expect(page).toContain('&lt;script&gt;alert(1)');
  });
});

describe('studyDocument', () => {
  it('has a row for each arm, with mean, difference and verdict', () => {
    const { tables, notes } = studyDocument(resultsWith('main'));
    expect(tables[0]!.rows).toEqual([
      ['main', '0.6 ± 1.6', '', 'main arm'],
      ['other', '0.250', '−0.250', 'no verdict from one seed, with which other is lower by 0.250'],
    ]);
    expect(notes[0]).toContain('paired by seed');
    expect(verdictLines(resultsWith('main'))).toEqual([
      'main: other: no verdict from one seed, with which other is lower by 0.250',
    ]);
  });
});
