import type { BenchmarkGrading } from '../../core/contracts/benchmark.js';
import { validate } from '../../core/config/validate.js';
import type { ResolvedConfig } from '../../core/config/resolve.js';
import { createRunContainer } from '../../core/container/run-container.js';
import type { Platform } from '../../core/contracts/platform.js';
import type { RewardPool } from '../../core/contracts/reward-pool.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import type { Registry } from '../../core/plugin/registry.js';
import { createRandom } from '../../core/random.js';
import { openRewardPool } from '../../core/train/loop/open-reward-pool.js';
import { versionOf } from '../grade/open-reward.js';

/** The configuration around an evaluation, and what its parts reach the world with. */
export interface EvaluationContext {
  readonly resolved: ResolvedConfig;
  readonly registry: Registry;
  /** Absolute paths of the user's plugins. */
  readonly plugins: readonly string[];
  readonly platform: Platform;
  readonly events: RunEvents;
}

/** The grading of a benchmark, checked: complete settings and the reward with its version. */
export interface CheckedGrading {
  readonly grading: BenchmarkGrading;
  /** For example `math 0.1.0`. */
  readonly verifier: string;
  /** Starts the threads that grade; the caller disposes them. */
  open(): Promise<RewardPool>;
}

/** Throws ORZ_PLUGIN_UNKNOWN or ORZ_CONFIG_* for a grading that does not exist. */
export async function checkGrading(
  { type, ...stated }: BenchmarkGrading,
  context: EvaluationContext,
): Promise<CheckedGrading> {
  const { resolved, registry, platform, events } = context;
  const found = await registry.find('reward', type, 'grading');
  const settings = validate(found.provider.settings, stated, { prefix: 'grading', origins: new Map() });
  return {
    grading: { type, ...settings },
    verifier: `${type} ${versionOf(found, context)}`.trim(),
    open: async () => {
      const slots = new Map(resolved.slots).set('reward', { ...found, settings });
      const container = await createRunContainer({
        resolved: { ...resolved, slots },
        platform,
        events,
        random: createRandom(resolved.config.seed),
        only: ['reward'],
      });
      return openRewardPool({ config: resolved.config, container, platform, events });
    },
  };
}
