import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Rollout } from '../../../cli/dashboard/shared/data.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Texts that a page, a script, a JSON or a reader could take for something else. */
export const hostileTexts = [
  '<script>document.title = "owned"</script>',
  '</script><img src=x onerror="document.title = \'owned\'">',
  '<!-- --><!--<script>',
  ']]>',
  '"\'`${1}&amp;&lt;',
  'line\u2028separator\u2029',
  'right \u202Eto left\u202C \u2066isolated\u2069',
  'null \u0000 and \u0007 bell',
  'half \uD83D pair',
  '\u200B\uFEFF\u00AD',
  '__proto__',
  'javascript:alert(1)',
  '\\u003cscript>',
];

export function rollout(
  index: number,
  { group = 0, text = 'Wait, 3', reward = 0, tokens = 3, extra = {} } = {},
): Rollout {
  const row = (value: number): number[] =>
    Array.from({ length: tokens }, (_, t) => Number((-value / (t + 1)).toFixed(4)));
  return {
    index,
    group,
    problem: `p/${group}`,
    question: '1+2',
    gold: '3',
    prompt: 'Q: 1+2',
    promptTokens: [1, 2],
    text,
    tokens: Array.from({ length: tokens }, (_, t) => t),
    tokenTexts: Array.from({ length: tokens }, (_, t) => (t === 0 ? text : '')),
    stopReason: 'stop',
    weightVersion: 1,
    verdict: reward > 0 ? 'correct' : 'wrong',
    reward,
    answer: '3',
    detail: { rule: 'exact' },
    samplerLogprobs: row(1),
    logprobs: row(1),
    entropy: row(-0.5),
    values: row(-0.4),
    advantages: row(0.7),
    returns: row(0),
    ...extra,
  };
}

export function metricsLine(iteration: number, more: object = {}): string {
  const record = {
    iteration,
    reward: iteration / 10,
    responseLength: 20 - iteration,
    stopReasons: { stop: 1, length: 0 },
    kl: null,
    seconds: { sample: 1, total: 2 },
    ...more,
  };
  return `${JSON.stringify(record)}\n`;
}

export interface FakeRun {
  readonly iterations?: number;
  readonly rollouts?: Readonly<Record<string, readonly Rollout[]>>;
  readonly name?: string;
  readonly config?: object;
}

/** A run folder as a run writes it; rollout files by name. */
export function fakeRun({ iterations = 3, rollouts = {}, name = 'run', config = {} }: FakeRun = {}): string {
  const folder = join(temporaryFolder(), name);
  mkdirSync(join(folder, 'rollouts'), { recursive: true });
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({
      seed: 7,
      iterations: 5,
      rolloutBatchSize: 2,
      samplesPerPrompt: 4,
      model: { type: 'arithmetic-base' },
      ...config,
    }),
  );
  writeFileSync(
    join(folder, 'metrics.jsonl'),
    Array.from({ length: iterations }, (_, i) => metricsLine(i + 1)).join(''),
  );
  for (const [file, lines] of Object.entries(rollouts)) writeRollouts(folder, file, lines);
  return folder;
}

export function writeRollouts(folder: string, file: string, lines: readonly Rollout[]): void {
  const header = {
    format: 'orz-rollouts',
    version: 1,
    iteration: Number(file.slice(0, 6)),
    responses: lines.length,
    stored: lines.length,
  };
  writeFileSync(
    join(folder, 'rollouts', file),
    gzipSync([header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('')),
  );
}

const baseEvaluation = {
  before: {
    reports: {
      'held-out': {
        reward: 0.25,
        rewardStd: 0.4,
        responseLength: 12,
        responseLengthMax: 20,
        responseLengthCorrect: null,
        responseLengthWrong: 12,
        formatShare: 0.5,
        repeatShare: 0,
        repeatOnset: null,
        stopReasons: { stop: 0.75, length: 0.25 },
        verdicts: { correct: 0.25, wrong: 0.75, 'no-answer': 0, truncated: 0, timeout: 0, undecidable: 0 },
      },
    },
    samples: [],
  },
  files: { appended: {}, written: [] },
};

/** Adds the evaluation before training to a run folder: reward 0.25 on the set `held-out`. */
export function writeBaseEvaluation(folder: string): void {
  mkdirSync(join(folder, 'checkpoints'), { recursive: true });
  writeFileSync(join(folder, 'checkpoints', 'base-evaluation.json'), JSON.stringify(baseEvaluation));
}
