import type { RunConfig } from '../config/schema.js';
import { planRun } from './plan.js';
import type { MemoryPlan, PlanRequest } from './types.js';

/** A change of settings that would make a run fit, by path; the largest values that do. */
export type FittingSettings = Readonly<Record<string, number>>;

type Change = Partial<Record<'engine.maxSlots' | 'engine.microBatchTokens' | 'maxResponseTokens', number>>;

const minSlots = 2;
const minTokens = 16;

/**
 * Settings with which the memory of a run is small enough for `suffices`: the one or two engine settings that cost only
 * time, if they will do, else with shorter responses as well. Undefined if none do. Pure: it plans again and again.
 */
export function settingsThatFit(
  request: PlanRequest,
  suffices: (memory: MemoryPlan) => boolean,
): FittingSettings | undefined {
  const { maxSlots, microBatchTokens } = request.config.engine;
  if (typeof maxSlots !== 'number' || typeof microBatchTokens !== 'number') return undefined;
  const fits = (change: Change): boolean => {
    const { memory } = planRun({ ...request, config: changed(request.config, change) });
    return memory !== undefined && suffices(memory);
  };
  const withSlots = (fixed: Change): Change | undefined =>
    withLargest(fixed, 'engine.maxSlots', { low: minSlots, high: maxSlots, fits });
  const withTokens = (fixed: Change): Change | undefined =>
    withLargest(fixed, 'engine.microBatchTokens', { low: minTokens, high: microBatchTokens, fits });

  const oneSetting = withSlots({}) ?? withTokens({});
  if (oneSetting) return oneSetting;
  // First the largest micro-batch beside the smallest cache, then the largest cache beside that micro-batch.
  const smallestEngine: Change = { 'engine.microBatchTokens': minTokens, 'engine.maxSlots': minSlots };
  const bothSettings = withTokens(smallestEngine);
  if (bothSettings) return withSlots(bothSettings);
  const smallest: Change = { maxResponseTokens: 1, ...smallestEngine };
  const shorter = withLargest(smallest, 'maxResponseTokens', { low: 1, high: request.config.maxResponseTokens, fits });
  const larger = shorter && withTokens(shorter);
  return larger && withSlots(larger);
}

interface Search {
  readonly low: number;
  readonly high: number;
  /** Holds for every smaller value if it holds for one. */
  fits(change: Change): boolean;
}

/** `fixed` with the largest value of `setting` that fits; undefined if not even `low` does. */
function withLargest(fixed: Change, setting: keyof Change, { low, high, fits }: Search): Change | undefined {
  const value = largest(low, high, (candidate) => fits({ ...fixed, [setting]: candidate }));
  return value === undefined ? undefined : { ...fixed, [setting]: value };
}

function changed(config: RunConfig, change: Change): RunConfig {
  return {
    ...config,
    maxResponseTokens: change.maxResponseTokens ?? config.maxResponseTokens,
    engine: {
      ...config.engine,
      maxSlots: change['engine.maxSlots'] ?? config.engine['maxSlots'],
      microBatchTokens: change['engine.microBatchTokens'] ?? config.engine['microBatchTokens'],
    },
  };
}

/**
 * The largest whole number from `low` to `high` for which `holds` is true; undefined if it is not for `low`. What holds
 * for one number must hold for every smaller one.
 */
function largest(low: number, high: number, holds: (value: number) => boolean): number | undefined {
  if (!holds(low)) return undefined;
  let [good, bad] = [low, high + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
