import type { RunConfig } from '../config/schema.js';
import { planRun, type PlanRequest } from './plan.js';

/** A change of settings that would make a run fit, by path; the largest values that do. */
export type FittingSettings = Readonly<Record<string, number>>;

type Change = Partial<Record<'engine.maxSlots' | 'engine.microBatchTokens' | 'maxResponseTokens', number>>;

const leastSlots = 2;
const leastTokens = 16;

/**
 * Settings with which the memory of a run stays within `bytes`: the one or two engine settings that cost only time, if they suffice, else with shorter
 * responses as well. Undefined if nothing of the kind does. Pure: it plans again and again.
 */
export function settingsThatFit(request: PlanRequest, bytes: number): FittingSettings | undefined {
  const { maxSlots, microBatchTokens } = request.config.engine;
  if (typeof maxSlots !== 'number' || typeof microBatchTokens !== 'number') return undefined;
  const fits = (change: Change): boolean =>
    (planRun({ ...request, config: changed(request.config, change) }).memory?.peak ?? Infinity) <= bytes;
  const slots = (fixed: Change) =>
    largest(leastSlots, maxSlots, (value) => fits({ ...fixed, 'engine.maxSlots': value }));
  const tokens = (fixed: Change) =>
    largest(leastTokens, microBatchTokens, (value) => fits({ ...fixed, 'engine.microBatchTokens': value }));
  const alone = slots({});
  if (alone !== undefined) return { 'engine.maxSlots': alone };
  const batch = tokens({});
  if (batch !== undefined) return { 'engine.microBatchTokens': batch };
  const both = tokens({ 'engine.maxSlots': leastSlots });
  if (both !== undefined)
    return { 'engine.microBatchTokens': both, 'engine.maxSlots': slots({ 'engine.microBatchTokens': both })! };
  const least = { 'engine.maxSlots': leastSlots, 'engine.microBatchTokens': leastTokens };
  const response = largest(1, request.config.maxResponseTokens, (value) =>
    fits({ ...least, maxResponseTokens: value }),
  );
  if (response === undefined) return undefined;
  const rows = tokens({ ...least, maxResponseTokens: response })!;
  return {
    maxResponseTokens: response,
    'engine.microBatchTokens': rows,
    'engine.maxSlots': slots({ maxResponseTokens: response, 'engine.microBatchTokens': rows })!,
  };
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

/** The largest whole number from `low` to `high` for which a property holds that holds for all smaller ones; undefined if it does not for `low`. */
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
