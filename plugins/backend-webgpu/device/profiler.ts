/// <reference types="@webgpu/types" />
import { elementAt, zip } from '../../../core/arrays.js';
import { noTimestamps, tooManyKernels } from './errors.js';

// Values of GPUBufferUsage and GPUMapMode, which Node has no globals for.
const usage = { mapRead: 1, copySource: 4, copyTarget: 8, queryResolve: 512 } as const;
const mapForReading = 1;

/** Maximum number of kernels in one submission: half the size of a query set. */
const maximumKernels = 2048;

export interface KernelTime {
  readonly label: string;
  readonly seconds: number;
}

/**
 * Measures every kernel with timestamps of the device. Each gets a pass of its own, and nothing overlaps, so the sum is
 * slightly longer than an unmeasured submission takes.
 */
export class Profiler {
  private readonly pending: Promise<KernelTime[]>[] = [];

  /** ORZ_BACKEND_PROVIDER if the device has no timestamps. */
  constructor(private readonly gpu: GPUDevice) {
    if (!gpu.features.has('timestamp-query')) throw noTimestamps();
  }

  /** Encodes the steps of one submission; `dispatch` encodes one. */
  encode<T extends { readonly label: string }>(
    encoder: GPUCommandEncoder,
    steps: readonly T[],
    dispatch: (pass: GPUComputePassEncoder, step: T) => void,
  ): void {
    if (steps.length > maximumKernels) throw tooManyKernels(steps.length, maximumKernels);
    if (steps.length === 0) return;
    const count = 2 * steps.length;
    const querySet = this.gpu.createQuerySet({ type: 'timestamp', count });
    for (const [i, step] of steps.entries()) {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      dispatch(pass, step);
      pass.end();
    }
    // The submission follows synchronously; mapping waits for it.
    const times = this.resolve(encoder, querySet, count);
    this.pending.push(
      times.then((seconds) => [...zip(steps, seconds)].map(([{ label }, time]) => ({ label, seconds: time }))),
    );
  }

  /** Copies timestamps to the host once the encoder is submitted: seconds between the two of each pair. */
  private async resolve(encoder: GPUCommandEncoder, querySet: GPUQuerySet, count: number): Promise<number[]> {
    const bytes = 8 * count;
    const resolved = this.gpu.createBuffer({ size: bytes, usage: usage.queryResolve | usage.copySource });
    const staging = this.gpu.createBuffer({ size: bytes, usage: usage.mapRead | usage.copyTarget });
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    await Promise.resolve();
    await staging.mapAsync(mapForReading);
    const times = new BigUint64Array(staging.getMappedRange().slice(0));
    for (const resource of [resolved, staging, querySet]) resource.destroy();
    const seconds: number[] = [];
    for (let i = 0; i < count; i += 2) seconds.push(Number(elementAt(times, i + 1) - elementAt(times, i)) * 1e-9);
    return seconds;
  }

  /** Times of all kernels since the last call, in order of execution. */
  async collect(): Promise<KernelTime[]> {
    return (await Promise.all(this.pending.splice(0))).flat();
  }
}
