import { describe, expect, it } from 'vitest';
import { changeableSettings, changedMathematics } from '../../../core/config/resume.js';
import { resolveConfig } from '../../../core/config/resolve.js';
import { runConfigSchema } from '../../../core/config/schema.js';
import { createRegistry } from '../../../core/plugin/registry.js';
import { completeValues, fakePlugins } from './fake-plugins.js';

const { config } = await resolveConfig([{ label: 'whole', values: completeValues }], createRegistry(fakePlugins()));

describe('changedMathematics', () => {
  it('finds nothing between a configuration and its copy', () => {
    expect(changedMathematics(config, structuredClone(config))).toEqual([]);
  });

  it('names each setting that makes another experiment, also inside slots and where one is new', () => {
    const after = { ...config, seed: 2, advantage: { ...config.advantage, lambda: 0.95 }, packedRowTokens: 100 };
    expect(changedMathematics(config, after)).toEqual(['seed', 'advantage.lambda', 'packedRowTokens']);
  });

  it('lets device, length of the run and records change', () => {
    const after = { ...config, iterations: 9, backend: { type: 'reference' }, checkpoint: { every: 1, keep: 3 }, runDir: 'elsewhere' };
    expect(changedMathematics(config, after)).toEqual([]);
  });

  it('speaks of settings that exist', () => {
    expect(Object.keys(runConfigSchema.shape)).toEqual(expect.arrayContaining([...changeableSettings]));
  });
});
