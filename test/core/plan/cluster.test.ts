import { beforeAll, describe, expect, it } from 'vitest';
import { gatherConfig } from '../../../cli/config/gather.js';
import { planRequestOf } from '../../../cli/plan.js';
import { planCluster, smallestCluster } from '../../../core/plan/cluster.js';
import { authorsRun, typicalLengths, utilisation } from '../../../core/plan/cluster-time.js';
import { planOperations } from '../../../core/plan/operations.js';
import type { PlanRequest } from '../../../core/plan/types.js';

let request: PlanRequest;
beforeAll(async () => {
  const { resolved } = await gatherConfig({ preset: ['orz-7b'], config: false }, process.cwd());
  ({ request } = await planRequestOf(resolved));
});
const policy = 7_615_616_512;
const responses = 8192;

describe('planCluster', () => {
  it('spreads 16 bytes per parameter over the GPUs', () => {
    for (const nodes of [1, 2, 8])
      expect(planCluster(request, { nodes, gpusPerNode: 8 }).training.states).toBe((16 * policy) / (8 * nodes));
  });

  it('keeps master weights and moments of both models in the memory of the nodes, and in a checkpoint', () => {
    const { hostBytesPerNode, checkpointBytes } = planCluster(request, { nodes: 2, gpusPerNode: 8 });
    expect(checkpointBytes).toBe(12 * (policy + 7_070_622_720));
    expect(hostBytesPerNode).toBe(checkpointBytes / 2);
  });

  it('has the time of the authors on their GPUs, at the utilisation that their run comes to', () => {
    const { config, architecture } = request;
    const work = planOperations({ ...request, config: typicalLengths(config) }, architecture!).total;
    const { gpus, secondsPerIteration } = authorsRun;
    expect(work / (gpus * 989e12 * secondsPerIteration)).toBeCloseTo(utilisation, 3);
    const { time } = planCluster(request, { nodes: 8, gpusPerNode: 8 });
    expect(time.typicalSeconds / secondsPerIteration).toBeCloseTo(1, 1);
    expect(time.gpuHours).toBeCloseTo((64 * time.typicalSeconds * 730) / 3600, 6);
  });

  it('counts the bytes of the wire by hand', () => {
    const [P, T] = [2048, 8000];
    const passes = 2 * (4 * P + 16 * T) + 2 * (4 * P + 24 * T);
    const results = 3 * 4 * T + 8 * T;
    const { wire } = planCluster(request, { nodes: 1, gpusPerNode: 8 });
    expect(wire.max.bytes).toBe(responses * (passes + results));
    expect(wire.max.serverSeconds).toBeCloseTo(4 * responses * (P + T) * 4.5e-6, 6);
    expect(wire.typical.bytes).toBeLessThan(wire.max.bytes / 4);
  });

  it('takes the fewest nodes on which both training and sampling fit', () => {
    expect(smallestCluster(request)).toEqual({ nodes: 1, gpusPerNode: 8 });
    expect(smallestCluster(request, 2)).toEqual({ nodes: 2, gpusPerNode: 2 });
    expect(() => planCluster(request, { nodes: 1, gpusPerNode: 2 })).toThrow(
      expect.objectContaining({ code: 'ORZ_INSUFFICIENT', message: expect.stringContaining('2 GPUs of 80 GB') }),
    );
  });
});
