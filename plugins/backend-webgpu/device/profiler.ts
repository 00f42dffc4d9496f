/// <reference types="@webgpu/types" />
import { OrzError } from '../../../core/errors.js';

// Values of GPUBufferUsage and GPUMapMode, which Node has no globals for.
const usage = { mapRead: 1, copySource: 4, copyTarget: 8, queryResolve: 512 } as const;
const mapForReading = 1;

/** Kernels of one submission at most: the size of a query set. */
const mostKernels = 2048;

export interface KernelTime {
  readonly label: string;
  readonly seconds: number;
}

/**
 * Measures every kernel with timestamps of the device. Each gets a pass of its own, and nothing overlaps, so the sum is a little
 * more than an unmeasured submission takes.
 */
export class Profiler {
  private readonly pending: Promise<KernelTime[]>[] = [];

  /** ORZ_BACKEND_PROVIDER if the device has no timestamps. */
  constructor(private readonly gpu: GPUDevice) {
    if (!gpu.features.has('timestamp-query'))
      throw new OrzError('ORZ_BACKEND_PROVIDER', 'this device has no timestamps, so kernels cannot be timed', {
        value: 'timestamp-query',
        origin: 'webgpu',
        remedy: 'time whole programs instead',
      });
  }

  /** Encodes the steps of one submission; `dispatch` encodes one. */
  encode<T extends { readonly label: string }>(
    encoder: GPUCommandEncoder,
    steps: readonly T[],
    dispatch: (pass: GPUComputePassEncoder, step: T) => void,
  ): void {
    const measured = steps.slice(0, mostKernels);
    if (measured.length < steps.length)
      throw new OrzError('ORZ_INTERNAL', `a program of ${steps.length} kernels is too long to be profiled`, {
        allowed: `at most ${mostKernels}`,
      });
    if (measured.length === 0) return;
    const count = 2 * measured.length,
      bytes = 8 * count;
    const querySet = this.gpu.createQuerySet({ type: 'timestamp', count });
    measured.forEach((step, i) => {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      dispatch(pass, step);
      pass.end();
    });
    const resolved = this.gpu.createBuffer({ size: bytes, usage: usage.queryResolve | usage.copySource });
    const staging = this.gpu.createBuffer({ size: bytes, usage: usage.mapRead | usage.copyTarget });
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    // The submission follows synchronously; mapping waits for it.
    this.pending.push(
      Promise.resolve().then(async () => {
        await staging.mapAsync(mapForReading);
        const times = new BigUint64Array(staging.getMappedRange().slice(0));
        for (const made of [resolved, staging, querySet]) made.destroy();
        return measured.map(({ label }, i) => ({ label, seconds: Number(times[2 * i + 1]! - times[2 * i]!) * 1e-9 }));
      }),
    );
  }

  /** Times of all kernels since the last call, in the order in which they ran. */
  async collect(): Promise<KernelTime[]> {
    return (await Promise.all(this.pending.splice(0))).flat();
  }
}
