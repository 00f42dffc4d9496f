import { countParameters, decoderParameters } from '../compute/nn/parameters.js';
import { clusterTime, type ClusterTime } from './cluster-time.js';
import { insufficientCluster } from './errors.js';
import { modelSizes, shardedMemory, type ShardedMemory } from './sharded-memory.js';
import type { PlanRequest, WirePlan } from './types.js';
import { planWire } from './wire.js';

/** GPUs of a cluster: every node has the same number of them. */
export interface ClusterShape {
  readonly nodes: number;
  readonly gpusPerNode: number;
}

/** How vLLM samples on the same GPUs, in turns with training. */
export interface SamplingPlan {
  readonly engines: number;
  /** GPUs that share the weights of one engine. */
  readonly tensorParallel: number;
  /** Share of a GPU's memory that vLLM takes while it samples (`gpu_memory_utilization`). */
  readonly memoryShare: number;
  /** Bytes of weights on a GPU, bf16. */
  readonly weights: number;
  /** Sequences of the maximum length whose keys and values one engine holds at once. */
  readonly sequences: number;
}

/** A run on GPUs, on all of which policy, critic and sampler take turns. Bytes are of one GPU where nothing is said. */
export interface ClusterPlan extends ClusterShape {
  readonly gpus: number;
  readonly training: ShardedMemory;
  readonly sampling: SamplingPlan;
  /** Memory of a node that holds what is not on the GPUs at the time: master weights and moments of both models. */
  readonly hostBytesPerNode: number;
  /** One checkpoint of both models on the server's disk: master weights and moments in f32. */
  readonly checkpointBytes: number;
  readonly time: ClusterTime;
  readonly wire: WirePlan;
}

/** An H100 or H800 of 80 GB; operations per second of its data sheet, bf16 without sparsity. */
export const gpu = { name: 'H100 or H800', memoryBytes: 80e9, operationsPerSecond: 989e12 } as const;

/** Of the memory, what training may fill: the rest is CUDA's, NCCL's and lost between blocks. */
const usableShare = 0.9;
/** SkyRL's default is 0.8; the rest holds the shards of the policy while weights are handed over. */
const samplerShare = 0.7;
const usualGpusPerNode = 8;
const mostNodes = 64;

/** The shape with the fewest nodes that a run fits on; pure arithmetic. Throws ORZ_INSUFFICIENT if none does. */
export function smallestCluster(request: PlanRequest, gpusPerNode = usualGpusPerNode): ClusterShape {
  for (let nodes = 1; nodes <= mostNodes; nodes++) {
    const shape = { nodes, gpusPerNode };
    if (fits(request, shape)) return shape;
  }
  throw insufficientCluster({ nodes: mostNodes, gpusPerNode }, shardedMemory(request, mostNodes * gpusPerNode).peak);
}

const fits = (request: PlanRequest, { nodes, gpusPerNode }: ClusterShape): boolean =>
  shardedMemory(request, nodes * gpusPerNode).peak <= usableShare * gpu.memoryBytes;

/**
 * Sizes a run on a cluster; pure arithmetic, explained in docs/plan.md. `request` must have an architecture. Throws
 * ORZ_INSUFFICIENT for a shape that the run does not fit on.
 */
export function planCluster(request: PlanRequest, shape: ClusterShape): ClusterPlan {
  const gpus = shape.nodes * shape.gpusPerNode;
  const training = shardedMemory(request, gpus);
  if (!fits(request, shape)) throw insufficientCluster(shape, training.peak);
  const { policy, critic } = modelSizes(request);
  const states = masterAndMoments(request) * (policy + critic);
  return {
    ...shape,
    gpus,
    training,
    sampling: planSampling(request, shape),
    hostBytesPerNode: states / shape.nodes,
    checkpointBytes: states,
    time: clusterTime(request, gpus, gpu.operationsPerSecond),
    wire: planWire(request),
  };
}

const masterAndMoments = ({ optimizerStates }: PlanRequest): number => 4 * (1 + optimizerStates);

function planSampling(request: PlanRequest, { nodes, gpusPerNode }: ClusterShape): SamplingPlan {
  const { architecture: a, config } = request;
  if (a === undefined) throw insufficientCluster({ nodes, gpusPerNode }, undefined);
  const weights = 2 * countParameters(decoderParameters(a, 'language'));
  const share = samplerShare * gpu.memoryBytes;
  const divides = (parts: number): boolean => a.heads % parts === 0 && gpusPerNode % parts === 0;
  const tensorParallel = [1, 2, 4, 8].filter(divides).find((parts) => weights / parts <= share / 2);
  if (tensorParallel === undefined) throw insufficientCluster({ nodes, gpusPerNode }, weights / gpusPerNode);
  const bytesPerToken = 2 * 2 * a.layers * a.kvHeads * a.headDim;
  const sequence = bytesPerToken * (config.maxPromptTokens + config.maxResponseTokens);
  return {
    engines: (nodes * gpusPerNode) / tensorParallel,
    tensorParallel,
    memoryShare: samplerShare,
    weights: weights / tensorParallel,
    sequences: Math.floor((tensorParallel * share - weights) / sequence),
  };
}
