import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { meanEstimate } from '../../core/evaluation/intervals.js';
import type { EvaluationResults, EvaluationStatistics } from '../../core/evaluation/results.js';
import { beforeAfterTable, drawPasses } from './before-after-table.mjs';
import { smallMultiples } from './chart.mjs';
import { drawRuns } from './picture.mjs';
import { drawEnvironments } from './environments-picture.mjs';
import { environmentsReport } from './environments-table.mjs';
import { loraTable, readMeasured } from './lora-table.mjs';
import { agreementReport, differences, readRoad, scoreReport } from './roads-table.mjs';
import { readRun, resultsTable } from './runs.mjs';
import { answersTable, heldOutTable, readWordProblems } from './smollm2-tables.mjs';

const folder = mkdtempSync(join(tmpdir(), 'orz-results-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A run folder as a finished run leaves it, with two iterations. */
function madeRun(seed: number, shuffled: boolean) {
  const path = join(folder, `${seed}-${shuffled}`);
  const heldOut = (reward: number) => ({
    reward,
    responseLength: 10 * reward,
    formatShare: 0.5,
    reflectionShare: 0.25,
  });
  const line = (iteration: number, more = {}) => ({
    iteration,
    reward: 0.4,
    responseLength: 12,
    formatShare: 0.5,
    reflectionShare: 0.2,
    explainedVariance: null,
    entropy: 0.3,
    peakMemoryBytes: iteration * 2 ** 20,
    ...more,
  });
  mkdirSync(path);
  writeFileSync(
    join(path, 'config.json'),
    JSON.stringify({ seed, shuffleRewards: shuffled, evaluation: { problems: 50, samples: 2 } }),
  );
  writeFileSync(
    join(path, 'metrics.jsonl'),
    [line(1), line(2, { 'evaluation/held-out': heldOut(0.9) })].map((l) => `${JSON.stringify(l)}\n`).join(''),
  );
  writeFileSync(
    join(path, 'summary.json'),
    JSON.stringify({ seconds: 90, before: { 'held-out': heldOut(0.2 * seed) }, after: { 'held-out': heldOut(0.9) } }),
  );
  return readRun(path);
}

const [one, two, control] = [madeRun(1, false), madeRun(2, false), madeRun(1, true)];

test('a row shows held-out results before and after, minutes and the peak of memory; several runs get a mean', () => {
  const rows = resultsTable([one, two, control]).split('\n').slice(2);
  expect(rows).toEqual([
    '| seed 1 | 0.200 → 0.900 | 2.0 → 9.0 | 0.500 → 0.500 | 0.250 → 0.250 | 1.5 | 2 |',
    '| seed 2 | 0.400 → 0.900 | 4.0 → 9.0 | 0.500 → 0.500 | 0.250 → 0.250 | 1.5 | 2 |',
    '| **mean** | 0.300 → 0.900 | 3.0 → 9.0 | 0.500 → 0.500 | 0.250 → 0.250 | 1.5 | 2 |',
    '| shuffled rewards, seed 1 | 0.200 → 0.900 | 2.0 → 9.0 | 0.500 → 0.500 | 0.250 → 0.250 | 1.5 | 2 |',
  ]);
});

test('held-out results before training count as iteration 0', () => {
  expect(one.evaluations.map(({ iteration, heldOut }) => [iteration, heldOut.reward])).toEqual([
    [0, 0.2],
    [2, 0.9],
  ]);
});

test('the picture has a thin line per seed, a mean and a dashed control per panel; null leaves no point', () => {
  const svg = drawRuns([one, two, control]);
  const count = (kind: string) => svg.split(`<path class="${kind}" d="M`).length - 1;
  // The legend has one of each as well; explained variance is null throughout.
  expect([count('seed'), count('mean'), count('control-mean')]).toEqual([5 * 2 + 1, 5 + 1, 5 + 1]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test('a line goes from the lower left to the upper right corner of its panel when it does so in its range', () => {
  const svg = smallMultiples(
    [
      {
        title: 'a < b',
        lines: [
          {
            kind: 'mean',
            points: [
              [0, 0],
              [8, 1],
            ],
          },
        ],
        dots: [],
        range: [0, 1],
      },
    ],
    { xLabel: 'x', legend: [], description: '' },
  );
  expect(svg).toContain('d="M44 164L288 34"');
  expect(svg).toContain('a &lt; b');
});

describe('runs in several environments', () => {
  const inEnvironment = (run: typeof one, environment: string, reward: number, gap: number) => ({
    ...run,
    environment,
    device: `device of ${environment}`,
    after: { ...run.after, reward },
    iterations: run.iterations.map((line, i) => ({ ...line, logprobGapMax: i * gap })),
  });
  const runs = [
    inEnvironment(one, 'node', 0.7, 1e-6),
    inEnvironment(two, 'onnx', 0.6, 0),
    inEnvironment(two, 'node', 0.9, 3e-6),
    inEnvironment(one, 'onnx', 0.8, 0),
    inEnvironment(one, 'page', 0.5, 0),
  ];

  test('the table has a row per run, means over seeds, and the largest gap of log-probabilities', () => {
    expect(environmentsReport(runs).split('\n').slice(2, 9)).toEqual([
      '| ONNX in Node | 1 | 0.200 → 0.800 | 0.500 → 0.500 | 0.250 → 0.250 | 2.0 → 9.0 | 0.0e+0 | 1.5 |',
      '| ONNX in Node | 2 | 0.400 → 0.600 | 0.500 → 0.500 | 0.250 → 0.250 | 4.0 → 9.0 | 0.0e+0 | 1.5 |',
      '| **ONNX in Node** | **mean** | 0.300 → 0.700 | 0.500 → 0.500 | 0.250 → 0.250 | 3.0 → 9.0 | 0.0e+0 | 1.5 |',
      '| webgpu in Node | 1 | 0.200 → 0.700 | 0.500 → 0.500 | 0.250 → 0.250 | 2.0 → 9.0 | 1.0e-6 | 1.5 |',
      '| webgpu in Node | 2 | 0.400 → 0.900 | 0.500 → 0.500 | 0.250 → 0.250 | 4.0 → 9.0 | 3.0e-6 | 1.5 |',
      '| **webgpu in Node** | **mean** | 0.300 → 0.800 | 0.500 → 0.500 | 0.250 → 0.250 | 3.0 → 9.0 | 3.0e-6 | 1.5 |',
      '| webgpu in Chromium | 1 | 0.200 → 0.500 | 0.500 → 0.500 | 0.250 → 0.250 | 2.0 → 9.0 | 0.0e+0 | 1.5 |',
    ]);
  });

  test('differences are of equal seeds; their error is that of the spread and that of sampling', () => {
    const report = environmentsReport(runs);
    // −0.1 and +0.3; the sum of p(1 − p) of the four runs is 0.16 + 0.21 + 0.24 + 0.09.
    expect(report).toContain(
      'webgpu in Node minus ONNX in Node, reward after training, same seeds: +0.100 on average over 2 seeds; ' +
        `standard error 0.200 by the spread of the differences, ${(Math.sqrt(0.7 / 100) / 2).toFixed(3)} by ` +
        'sampling alone.',
    );
    expect(report).toContain('mean over 100 responses');
    expect(report).toContain('webgpu in Chromium: fewer than two seeds to compare.');
    expect(report).toContain('webgpu in Chromium: device of page.');
  });

  test('the picture has a column per seed and a line per run in either row', () => {
    const svg = drawEnvironments(runs);
    const count = (kind: string) => svg.split(`<path class="${kind}" d="M`).length - 1;
    expect([count('mean'), count('second'), count('third')]).toEqual([2 * 2 + 1, 2 * 2 + 1, 2 * 1 + 1]);
    expect(svg).toContain('Held-out reward, seed 2');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('LoRA beside all parameters', () => {
  const made = (name: string, [trained, peakBytes]: readonly [number, number]) => {
    const path = join(folder, name);
    mkdirSync(join(path, 'checkpoints/final/optimizer'), { recursive: true });
    const line = (seconds: number, bytes: number) => ({
      seconds: { sample: seconds, score: seconds, policy: 2 * seconds, total: 4 * seconds },
      peakMemoryBytes: bytes,
    });
    const lines = [line(100, peakBytes / 2), line(2, peakBytes), line(3, peakBytes)];
    writeFileSync(join(path, 'metrics.jsonl'), lines.map((l) => `${JSON.stringify(l)}\n`).join(''));
    writeFileSync(join(path, 'checkpoints/final/optimizer/policy.safetensors'), new Uint8Array(10_000_000));
    return readMeasured(path, { memory: { moments: 8 * trained, peak: 1.5e9 } });
  };

  test('the table has parameters, memory as planned and at its peak, and the seconds of the last iteration', () => {
    const rows = loraTable(made('all', [2_000_000, 3e9]), made('lora', [50_000, 2e9]), 'LoRA', 'A note.').split('\n');
    expect(rows.slice(2)).toEqual([
      '|  | all parameters | LoRA |',
      '| --- | ---: | ---: |',
      '| trained parameters | 2.00 M | 0.05 M |',
      '| memory, planned | 1.50 GB | 1.50 GB |',
      '| memory of the run process, measured at its peak | 3.00 GB | 2.00 GB |',
      '| optimizer state in a checkpoint | 0.01 GB | 0.01 GB |',
      '| seconds per iteration, sample | 3.0 | 3.0 |',
      '| seconds per iteration, score | 3.0 | 3.0 |',
      '| seconds per iteration, policy | 6.0 | 6.0 |',
      '| seconds per iteration, total | 12.0 | 12.0 |',
      '',
      '- A note.',
    ]);
  });
});

describe('roads', () => {
  /** A folder as an evaluation of two questions leaves it. */
  function madeRoad(name: string, texts: readonly string[]) {
    const path = join(folder, name);
    mkdirSync(join(path, 'responses'), { recursive: true });
    const statistics = { mean: { mean: 0.5, interval: [0.125, 0.875] } };
    const questions = texts.map((_, i) => ({ id: `q${i}`, rewards: [i] }));
    const benchmarks = [{ name: 'sums', title: 'Sums', questions, statistics }];
    writeFileSync(join(path, 'results.json'), JSON.stringify({ benchmarks }));
    const lines = texts.map((text, i) => `${JSON.stringify({ problem: `q${i}`, prompt: `p${i}`, text })}\n`);
    writeFileSync(join(path, 'responses', 'sums.jsonl'), lines.join(''));
    return { name, parts: [readRoad(path)] };
  }

  test('a score with its interval for each road', () => {
    const rows = scoreReport([madeRoad('ours', ['4', '5'])], 'A note.').split('\n');
    expect(rows).toContain('| road | Sums, 2 questions |');
    expect(rows).toContain('| ours | 50.0 [12.5, 87.5] |');
    expect(rows).toContain('- A note.');
  });

  test('equal responses are counted, and what differs is kept with its prompt', () => {
    const found = differences(madeRoad('here', ['4', '5']), madeRoad('there', ['4', '6']));
    expect(found).toEqual({
      total: 2,
      different: [{ benchmark: 'sums', problem: 'q1', prompt: 'p1', a: '5', b: '6' }],
    });
    const none = { name: 'same', found: { total: 2, different: [] }, gaps: [] };
    const rows = agreementReport([{ name: 'there', found, gaps: [{ gap: -0.0002 }] }, none]).split('\n');
    expect(rows).toContain('| there | 1 | 2 | 2.0e-4 |');
    expect(rows).toContain('| same | 2 | 2 | – |');
  });

  test('what is not finished is no road', () => {
    expect(readRoad(join(folder, 'nowhere'))).toBeUndefined();
  });
});

const statistics = (mean: number, passes: readonly number[]) =>
  ({
    mean: { mean, interval: [mean - 0.05, mean + 0.05] },
    passAtK: passes.map((pass, i) => ({ k: 2 ** i, mean: pass, interval: null })),
  }) as unknown as EvaluationStatistics;

describe('before and after training', () => {
  const run = (seed: number, shuffled: boolean, difference: number) => ({
    seed,
    shuffled,
    before: statistics(0.25, [0.25, 0.5]),
    after: statistics(0.25 + difference, [0.25 + difference, 0.75]),
    difference: { mean: difference, interval: [difference - 0.02, difference + 0.02] } as const,
  });
  const runs = [run(1, false, 0.5), run(2, false, 0.6), run(1, true, -0.01)];

  test('are a row for each run, and the mean over seeds of several', () => {
    const table = beforeAfterTable(runs, meanEstimate).split('\n');
    expect(table[2]).toBe('| seed 1 | 0.250 | 0.750 | 0.500 | 0.750 | +0.500 (+0.480 to +0.520) |');
    // Two values 0.1 apart: 12.706 standard errors of 0.05 to each side.
    expect(table[4]).toBe('| **mean over seeds** | 0.250 | 0.800 | 0.500 | 0.750 | +0.550 (−0.085 to +1.185) |');
    expect(table[5]).toBe('| shuffled rewards, seed 1 | 0.250 | 0.240 | 0.500 | 0.750 | −0.010 (−0.030 to +0.010) |');
    expect(table).toHaveLength(6);
  });

  test('are drawn as pass@k, with a panel for the control', () => {
    const picture = drawPasses(runs);
    expect(picture.match(/class="mean"/g)).toHaveLength(3); // two panels and the legend
    expect(picture).toContain('pass@k, shuffled rewards');
  });
});

describe('the real model', () => {
  test('gets problems of two small whole numbers, every fourth of them held out', () => {
    const rows = [
      'Question,Numbers,Equation,Answer',
      '"Tom has number0 pens , loses number1 . How many pens ?",9.0 2.0,- number0 number1,7.0',
      '"He said ""number0 and number1"" . How many ?",1 2,+ number0 number1,3.0',
      'number0 number1 number2 ?,1 2 3,+ number0 number1,3.0',
      'number0 of number1 ?,10 20,* number0 number1,200.0',
      'number0 halves of number1 ?,1 5,/ number1 number0,2.5',
      'number0 more than number1 ?,3 4,+ number0 number1,7',
      'number0 less than number1 ?,3 4,- number1 number0,1',
    ];
    const { train, heldOut } = readWordProblems(`${rows.join('\n')}\n`);
    expect(train.map(({ question, answer }) => [question, answer])).toEqual([
      ['Tom has 9 pens, loses 2. How many pens?', '7'],
      ['He said "1 and 2". How many?', '3'],
      ['3 more than 4?', '7'],
    ]);
    expect(heldOut.map(({ question }) => question)).toEqual(['3 less than 4?']);
  });

  test('is shown by what it answers before and after', () => {
    const line = (text: string, verdict: string) =>
      JSON.stringify({ sample: 0, prompt: '<|im_start|>user\n1 + 2?\nShortly.<|im_end|>', gold: '3', text, verdict });
    const table = answersTable(line('a | `b`\nc', 'wrong'), line('3', 'correct')).split('\n');
    expect(table.at(-1)).toBe("| `1 + 2?` | 3 | `a \\| 'b' c` (wrong) | `3` (correct) |");
  });

  test('is judged by held-out problems', () => {
    const one = (mean: number) =>
      ({
        benchmarks: [
          {
            questions: [{}, {}],
            sampling: { samples: 4 },
            statistics: {
              ...statistics(mean, [mean, mean]),
              truncated: { mean: 0, interval: null },
              lengthRight: null,
              lengthWrong: { mean: 20.25, interval: [19, 21.5] },
            },
          },
        ],
      }) as unknown as EvaluationResults;
    const table = heldOutTable([one(0.1), one(0.3)]).split('\n');
    expect(table[0]).toBe('| 2 held-out problems × 4 | before | after |');
    expect(table[2]).toBe('| right, mean of the responses | 0.100 (0.050 to 0.150) | 0.300 (0.250 to 0.350) |');
    expect(table.at(-1)).toBe('| length of wrong responses, tokens | 20.3 (19.0 to 21.5) | 20.3 (19.0 to 21.5) |');
  });
});
