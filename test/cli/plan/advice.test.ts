import { describe, expect, it } from 'vitest';
import { train, type OrzConfig } from '../../../cli/index.js';
import { gatherConfig } from '../../../cli/config/gather.js';
import { planOf, requireMachine, type MachinePlan } from '../../../cli/plan.js';
import { processBytes, usableShare } from '../../../core/plan/memory-use.js';
import { isOrzError } from '../../../core/errors.js';
import { parseSet } from '../../../core/config/layers.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Wants far more lanes and tokens at once than a small machine holds. */
const large = {
  backend: 'reference',
  iterations: 1,
  rolloutBatchSize: 2,
  samplesPerPrompt: 4,
  criticUpdateSteps: 1,
  maxResponseTokens: 16,
  engine: { type: 'local', maxSlots: 512, microBatchTokens: 16_384 },
  evaluation: { every: 0, problems: 2, periodicProblems: 2 },
  model: {
    type: 'arithmetic-base',
    hiddenSize: 8,
    heads: 2,
    layers: 1,
    intermediateSize: 8,
    steps: 1,
    tokensPerStep: 64,
  },
} satisfies OrzConfig;

async function planned(config: OrzConfig, cwd: string, free?: number): Promise<MachinePlan> {
  const { resolved } = await gatherConfig({}, cwd, { label: 'configuration', folder: cwd, values: { ...config } });
  const { machine } = await planOf(resolved, { cwd });
  return planOf(resolved, { cwd, machine: { ...machine, ...(free !== undefined && { freeMemoryBytes: free }) } });
}

function flagsOf(plan: MachinePlan): string[] {
  try {
    requireMachine(plan);
  } catch (error) {
    if (isOrzError(error)) return [...(error.details.remedy ?? '').matchAll(/--set (\S+)/g)].map(([, flag]) => flag!);
  }
  return [];
}

/** The configuration with flags over it, as the command line puts them. */
const withFlags = (config: OrzConfig, flags: readonly string[]): OrzConfig => {
  const changed = structuredClone(config) as Record<string, unknown>;
  for (const flag of flags)
    for (const [key, value] of Object.entries(parseSet(flag).values))
      changed[key] = typeof value === 'object' && value !== null ? { ...(changed[key] as object), ...value } : value;
  return changed;
};

describe('the advice for a run that is too large', () => {
  const local = (maxSlots: number, microBatchTokens: number) => ({
    engine: { type: 'local' as const, maxSlots, microBatchTokens },
  });
  it.each([
    ['smaller micro-batches', local(512, 4096), false],
    ['fewer lanes as well', local(2, 64), false],
    ['shorter responses as well', { ...local(2, 16), maxResponseTokens: 8 }, true],
  ])('is %s, where just that fits, and then it trains', async (_, least, shortens) => {
    const folder = temporaryFolder();
    const { peak } = (await planned({ ...large, ...least }, folder)).memory!;
    const free = (processBytes + peak + 1) / usableShare;
    const plan = await planned(large, folder, free);
    expect(plan.missing.memory).toBeGreaterThan(0);
    const flags = flagsOf(plan);
    expect(flags.some((flag) => flag.startsWith('maxResponseTokens='))).toBe(shortens);
    const advised = withFlags(large, flags);
    const again = await planned(advised, folder, free);
    expect(again.missing.memory).toBe(0);
    const run = await train(advised, { cwd: folder, process: 'this' });
    expect(await run.result).toMatchObject({ iterations: 1 });
  });
});
