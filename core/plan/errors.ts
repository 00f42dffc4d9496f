import { OrzError } from '../errors.js';
import { memoryPurposes, type MemoryPlan, type ParameterCounts } from './types.js';
import { formatBytes, formatCount } from './units.js';

/** Memory that a run may use. */
export interface AvailableMemory {
  readonly bytes: number;
  /** Names the memory, for example `memory of this machine`. */
  readonly where: string;
}

/**
 * A run whose planned memory exceeds what is available: by how much, and what would fit. `settings` are those with
 * which it would, in words, if any are known.
 */
export function insufficientMemory(
  memory: MemoryPlan,
  parameters: ParameterCounts,
  available: AvailableMemory,
  settings?: string,
): OrzError {
  const peak = formatBytes(memory.peak);
  const needs = memoryPurposes.map((purpose) => `${purpose} ${formatBytes(memory[purpose])}`).join(', ');
  const missing = formatBytes(memory.peak - available.bytes);
  const advice = settings ?? adviceFor(memory, parameters, available.bytes);
  return new OrzError('ORZ_INSUFFICIENT', `This run needs about ${peak} (${needs}), ${missing} more than there is`, {
    value: peak,
    allowed: `at most ${formatBytes(available.bytes)}`,
    origin: available.where,
    remedy: `${advice}. Or use one device with ${peak} of memory: this version does not spread a run over several.`,
  });
}

function adviceFor(memory: MemoryPlan, { policy }: ParameterCounts, available: number): string {
  const models = memory.weights + memory.moments + memory.gradients;
  if (memory.responses > available - models && models < available)
    return 'The models fit, but not the responses: lower rolloutBatchSize, samplesPerPrompt or maxResponseTokens';
  if (models < available)
    return 'The models fit; lower engine.maxSlots to shrink the cache and maxResponseTokens to shrink the rest';
  const fitting = formatCount((available * policy) / models);
  return (
    `The models alone take ${formatBytes(models)}; up to about ${fitting} parameters could fit: ` +
    'choose a smaller preset (orz-train presets)'
  );
}
