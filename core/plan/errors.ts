import { OrzError } from '../errors.js';
import { memoryPurposes, type MemoryPlan, type ParameterCounts } from './types.js';
import { formatBytes, formatCount } from './units.js';

/** Memory that a run may use. */
export interface AvailableMemory {
  readonly bytes: number;
  /** What the run takes of it. */
  readonly needed: number;
  /** Names the memory, for example `memory of this machine`. */
  readonly where: string;
}

/** What a user can do about a run that does not fit, as far as it is known. */
export interface Advice {
  /** Flags with which it would fit. */
  readonly flags?: string;
  /** What to type to run it on a cluster, in order; empty where it cannot. */
  readonly clusterSteps?: readonly string[];
}

/** A run whose planned memory exceeds what is available: by how much, and what to do about it. */
export function insufficientMemory(
  memory: MemoryPlan,
  parameters: ParameterCounts,
  available: AvailableMemory,
  { flags, clusterSteps = [] }: Advice,
): OrzError {
  const peak = formatBytes(available.needed);
  const needs = memoryPurposes.map((purpose) => `${purpose} ${formatBytes(memory[purpose])}`).join(', ');
  const missing = formatBytes(available.needed - available.bytes);
  const onCluster = clusterSteps.length > 0;
  // A full stop after a flag would be copied with it.
  const advice =
    flags === undefined ? `${adviceFor(memory, parameters, available.bytes)}. ` : `It would fit with:\n${flags}\n`;
  const elsewhere = `Or use one device with ${peak} of memory: the local engine does not spread a run over several`;
  return new OrzError(
    'ORZ_INSUFFICIENT',
    onCluster
      ? `This run needs a cluster: it takes about ${peak}, ${missing} more than there is`
      : `This run needs about ${peak} (${needs}), ${missing} more than there is`,
    {
      value: onCluster ? `${peak}: ${needs}` : peak,
      allowed: `at most ${formatBytes(available.bytes)}`,
      origin: available.where,
      remedy: onCluster ? clusterSteps.join('\n') : `${advice}${elsewhere}.`,
    },
  );
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

/** A cluster that a run does not fit on; `peak` is the memory it would take of each GPU, if that is known. */
export function insufficientCluster(
  { nodes, gpusPerNode }: { readonly nodes: number; readonly gpusPerNode: number },
  peak: number | undefined,
): OrzError {
  const needs = peak === undefined ? '' : `: it takes ${formatBytes(peak)} of each`;
  return new OrzError('ORZ_INSUFFICIENT', `This run does not fit on ${nodes * gpusPerNode} GPUs of 80 GB${needs}`, {
    value: { nodes, gpusPerNode },
    allowed: 'up to 90 % of 80 GB on a GPU while training; while sampling, weights in up to 28 GB',
    origin: 'plan',
    remedy: 'Use more GPUs, lower maxResponseTokens, or choose a smaller model.',
  });
}

/** A cluster is sized by the architecture of the base model, and that is not known. */
export function architectureNeeded(): OrzError {
  return new OrzError('ORZ_INTERNAL', 'A cluster was planned without the architecture of its model', {
    origin: 'plan',
    remedy: 'Report it with the command you ran.',
  });
}
