import { cpSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { check, type OrzConfig, type TrainOptions } from '../../../cli/index.js';
import { isOrzError } from '../../../core/errors.js';
import { temporaryFolder } from '../temporary-folder.js';

const checkpoint = fileURLToPath(new URL('../../fixtures/checkpoints/qwen2-tied', import.meta.url));
const backend = 'reference';
const sizes = {
  criticUpdateSteps: 1,
  rolloutBatchSize: 2,
  samplesPerPrompt: 2,
  maxPromptTokens: 1000,
  maxResponseTokens: 8,
} as const;

/** A folder with a model, with data for it, and with something else in the way. */
function prepared(): string {
  const folder = temporaryFolder();
  cpSync(checkpoint, join(folder, 'model'), { recursive: true });
  cpSync(checkpoint, join(folder, 'torn'), { recursive: true });
  truncateSync(join(folder, 'torn', 'model.safetensors'), 2000);
  writeFileSync(join(folder, 'good.jsonl'), '{"problem": "3+4", "answer": "7"}\n{"problem": "3+5", "answer": "8"}\n');
  writeFileSync(join(folder, 'bad.jsonl'), '{"problem": "3+4", "answer": "7"}\n{"problem": "3+5", "ans\n');
  mkdirSync(join(folder, 'taken'));
  writeFileSync(join(folder, 'taken', 'letter.txt'), 'private');
  return folder;
}

const own = (folder: string, model: string, file: string): OrzConfig => ({
  preset: 'orz-0.5b',
  backend,
  ...sizes,
  packedRowTokens: 2000,
  model: { type: 'huggingface', path: join(folder, model) },
  data: {
    train: [join(folder, file)],
    evaluation: { math500: null, aime2024: null, gpqa_diamond: null },
  },
});

/** Set-ups, and the code of each thing that has a problem. */
const cases: readonly [
  what: string,
  config: (folder: string) => OrzConfig,
  options: (folder: string) => TrainOptions,
  problems: Readonly<Record<string, string>>,
][] = [
  ['the run of the front page', () => ({ preset: 'orz-tiny', backend }), () => ({}), {}],
  ['a model and data of the user', (folder) => own(folder, 'model', 'good.jsonl'), () => ({}), {}],
  ['no model', (folder) => own(folder, 'none', 'good.jsonl'), () => ({}), { model: 'ORZ_DATA_MISSING' }],
  ['a torn model', (folder) => own(folder, 'torn', 'good.jsonl'), () => ({}), { model: 'ORZ_CHECKPOINT' }],
  ['no data', (folder) => own(folder, 'model', 'none.jsonl'), () => ({}), { data: 'ORZ_DATA_MISSING' }],
  ['torn data', (folder) => own(folder, 'model', 'bad.jsonl'), () => ({}), { data: 'ORZ_DATA_MALFORMED' }],
  [
    'a folder with something else in it',
    () => ({ preset: 'orz-tiny', backend }),
    (folder) => ({ runDir: join(folder, 'taken') }),
    { 'run folder': 'ORZ_USAGE' },
  ],
  [
    'too large a model',
    () => ({ preset: 'orz-32b', backend, data: 'arithmetic' }),
    () => ({}),
    { 'memory and disk': 'ORZ_INSUFFICIENT', model: 'ORZ_HUB_UNREACHABLE' },
  ],
  [
    'no device',
    () => ({ preset: 'orz-tiny', backend: { type: 'onnx', provider: 'cuda' } }),
    () => ({}),
    { device: 'ORZ_BACKEND_PROVIDER' },
  ],
  [
    'everything at once',
    (folder) => ({ ...own(folder, 'torn', 'none.jsonl'), backend: { type: 'onnx', provider: 'cuda' } }),
    (folder) => ({ runDir: join(folder, 'taken') }),
    {
      'run folder': 'ORZ_USAGE',
      device: 'ORZ_BACKEND_PROVIDER',
      model: 'ORZ_CHECKPOINT',
      data: 'ORZ_DATA_MISSING',
    },
  ],
];

beforeEach(() => {
  vi.stubEnv('HF_HUB_OFFLINE', '1');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a check before the run', () => {
  it.each(cases)('of %s names every problem, and leaves nothing behind', async (_, config, options, problems) => {
    const folder = prepared();
    const before = readdirSync(folder);
    const findings = await check(config(folder), { cwd: folder, ...options(folder) });
    const found = findings.flatMap(({ what, problem }) =>
      problem === undefined ? [] : [[what, isOrzError(problem) ? problem.code : problem]],
    );
    expect(Object.fromEntries(found)).toEqual(problems);
    const parts = ['memory and disk', 'run folder', 'device', 'model', 'data'];
    expect(findings.map(({ what }) => what).filter((what) => !what.startsWith('sink '))).toEqual(parts);
    expect(readdirSync(folder)).toEqual(before);
  });
});
