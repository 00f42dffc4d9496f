import { describe, expect, it } from 'vitest';
import { changedSettings, describeChange } from '../../../core/config/resume.js';
import type { RunConfig } from '../../../core/config/schema.js';

const config = (values: object): RunConfig =>
  ({
    seed: 1,
    backend: { type: 'onnx', threads: 1 },
    guards: { canary: false, maxLogprobGap: 0.5 },
    metrics: [{ type: 'jsonl' }],
    iterations: 5,
    ...values,
  }) as unknown as RunConfig;
const effects = (values: object) =>
  changedSettings(config({}), config(values)).map((change) => [change.effect, describeChange(change)]);

describe('changed settings', () => {
  it.each([
    [{ seed: 2 }, 'mathematics', 'seed: 1 → 2'],
    [{ advantage: { lambda: 1 } }, 'mathematics', 'advantage.lambda: not set → 1'],
    [{ backend: { type: 'onnx', threads: 2 } }, 'numerics', 'backend.threads: 1 → 2'],
    [{ backend: { type: 'reference', threads: 1 } }, 'numerics', 'backend.type: "onnx" → "reference"'],
    [{ iterations: 9 }, 'reporting', 'iterations: 5 → 9'],
    [{ metrics: [{ type: 'csv' }] }, 'reporting', 'metrics.0.type: "jsonl" → "csv"'],
    [{ guards: { canary: false, maxLogprobGap: 2 } }, 'reporting', 'guards.maxLogprobGap: 0.5 → 2'],
    [{ guards: { canary: true, maxLogprobGap: 0.5 } }, 'mathematics', 'guards.canary: false → true'],
    [{ runDir: 'elsewhere' }, 'location', 'runDir: not set → "elsewhere"'],
    [{ settingOfAnotherVersion: 1 }, 'mathematics', 'settingOfAnotherVersion: not set → 1'],
  ])('%j: %s', (values, effect, description) => {
    expect(effects(values)).toEqual([[effect, description]]);
  });

  it('of adapters count only where there are any', () => {
    const lora = { rank: 0, alpha: 32, targets: ['q_proj'] };
    expect(effects({ lora })).toEqual([]);
    expect(effects({ lora: { ...lora, rank: 8 } })).toEqual([
      ['mathematics', 'lora.rank: not set → 8'],
      ['mathematics', 'lora.alpha: not set → 32'],
      ['mathematics', 'lora.targets: not set → ["q_proj"]'],
    ]);
  });

  it('are none between equal configurations', () => {
    expect(effects({})).toEqual([]);
  });
});
