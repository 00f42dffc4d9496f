import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTiny, tiny } from '../docs/tiny-run.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orz-algorithms-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Critic-free, two optimizer steps an iteration. */
const shared = Object.entries(tiny).filter(([path]) => path !== 'criticUpdateSteps');
const settings = { ...Object.fromEntries(shared), policyUpdateSteps: 2, iterations: 2 };

describe.each(['grpo', 'dr-grpo', 'dapo', 'gspo', 'cispo', 'rloo', 'reinforce++', 'remax'])('preset %s', (name) => {
  it('stacks on orz-tiny and trains', async () => {
    const config = join(folder, `${name}.json`);
    writeFileSync(config, JSON.stringify({ preset: ['orz-tiny', name] }));
    const { metrics, summary } = await runTiny(folder, name, { config, settings });
    expect(summary.iterations).toBe(2);
    for (const record of metrics) {
      expect(record['valueLoss']).toBeNull();
      expect(Number.isFinite(record['policyLoss'])).toBe(true);
      expect(Number.isFinite(record['policyGradNorm'])).toBe(true);
    }
    expect(metrics.some((record) => 'groupsKept' in record)).toBe(name === 'dapo');
  });
});
