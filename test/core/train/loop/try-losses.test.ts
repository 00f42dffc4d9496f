import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mul, sum } from '../../../../core/compute/tensor/ops.js';
import type { Loss } from '../../../../core/contracts/loss.js';
import { tryLosses } from '../../../../core/train/loop/try-losses.js';
import { runTiny, tiny } from '../../../docs/tiny-run.js';
import { run } from '../support.js';

const folder = mkdtempSync(join(tmpdir(), 'orz-losses-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const losing = (build: Loss['build']): Loss => ({ name: 'mine', settings: {}, build });
const reading = (name: 'refLogprobs' | 'oldValues'): Loss =>
  losing((_, t) => ({ loss: sum(mul(t.weights, mul(t.logprobs, t[name]))) }));
const values = losing((_, t) => ({ loss: sum(mul(t.weights, mul(t.values, t.returns))) }));

describe('a loss that is tried', () => {
  const trying = (policy: Loss, roles: readonly ('policy' | 'critic' | 'reference')[]) => () =>
    tryLosses({ losses: { policy, critic: values }, roles });

  it.each([
    ['refLogprobs', 'reference'],
    ['oldValues', 'critic'],
  ] as const)('may read %s only with the model %s', (name, role) => {
    expect(trying(reading(name), ['policy'])).toThrow(
      expect.objectContaining({ code: 'ORZ_CAPABILITY', details: expect.objectContaining({ value: name }) as unknown }),
    );
    expect(trying(reading(name), ['policy', role])).not.toThrow();
  });

  it('may not read what only the other model computes', () => {
    expect(trying(values, ['policy', 'critic'])).toThrow(expect.objectContaining({ code: 'ORZ_CAPABILITY' }));
  });

  it('must be a scalar', () => {
    const rows = losing((_, t) => ({ loss: mul(t.weights, t.logprobs) }));
    expect(trying(rows, ['policy'])).toThrow(expect.objectContaining({ code: 'ORZ_GRAPH_SHAPE' }));
  });
});

describe('a broken loss', () => {
  it('ends a run before anything is opened, and is named with its plugin and file', async () => {
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    writeFileSync(
      join(folder, 'broken.ts'),
      `import { definePlugin, provide, z } from 'open-reasoner-zero';
      const build = () => { throw new Error('no graph'); };
      export default definePlugin({
        name: 'broken',
        provides: [provide('policyLoss', 'mine', {
          description: 'for a test',
          settings: z.strictObject({}),
          create: () => ({ name: 'mine', settings: {}, build }),
        })],
      });`,
    );
    const config = "export default { preset: 'orz-tiny', plugins: ['./broken.ts'], policyLoss: 'mine' };";
    writeFileSync(join(folder, 'orz.config.ts'), config);
    const failing = runTiny(folder, 'broken', { config: 'orz.config.ts', settings: tiny });
    await expect(failing).rejects.toMatchObject({
      message: "Plugin 'broken' threw in build of its policyLoss 'mine': Error: no graph",
      details: { origin: expect.stringMatching(/broken\.ts/) as unknown },
    });
    expect(existsSync(join(folder, 'run-broken', 'config.json'))).toBe(false);
  });
});

describe('a run with an environment', () => {
  it('is refused where nothing can step it, as in a browser', async () => {
    await expect(run({ config: { environment: 'calculator' } })).rejects.toMatchObject({
      code: 'ORZ_CAPABILITY',
      details: { value: 'calculator' },
    });
  });
});
