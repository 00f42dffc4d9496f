import { totalmem } from 'node:os';
import type { ResolvedConfig } from '../core/config/resolve.js';
import { createRunContainer } from '../core/container.js';
import { describePlan } from '../core/plan/describe.js';
import { requireMemory } from '../core/plan/memory.js';
import { planRun, type RunPlan } from '../core/plan/plan.js';
import { createRandom } from '../core/random.js';
import { architectures } from '../presets/architectures.js';
import { createNodePlatform } from './platform/node-platform.js';

/** Sizes a run before anything loads: starts only the parts that are pure arithmetic, writes nothing. */
export async function planOf(resolved: ResolvedConfig): Promise<RunPlan> {
  const { config } = resolved;
  const silent = { phase: () => ({ progress: () => undefined, end: () => undefined }), log: () => undefined };
  const parts = await createRunContainer({
    resolved, platform: createNodePlatform('.'), events: silent, random: createRandom(config.seed), only: ['advantage', 'kl', 'optimizer'],
  });
  try {
    const architecture = architectures.get(String(config.model['path']));
    return planRun({
      config, ...(architecture === undefined ? {} : { architecture }), critic: parts.get('advantage').needsCritic,
      reference: parts.get('kl').needsReference, optimizerStates: parts.get('optimizer').state.length,
    });
  } finally {
    await parts.dispose();
  }
}

/** Throws ORZ_INSUFFICIENT if the run cannot fit into the memory of this machine, or of the container it runs in. */
export function requireMachine(plan: RunPlan): void {
  const limit = process.constrainedMemory(); // 0 or a number beyond all memory when nothing limits us
  const limited = limit > 0 && limit < totalmem();
  requireMemory(plan, { bytes: limited ? limit : totalmem(), where: limited ? 'memory limit of this container' : 'memory of this machine' });
}

/** The plan as lines to print. */
export function planLines(plan: RunPlan): string[] {
  return describePlan(plan).map(([label, value]) => `  ${label.padEnd(14)}${value}`);
}
