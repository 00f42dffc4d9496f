/// <reference types="@webgpu/types" />
import { zip } from '../../../core/arrays.js';
import type { OrzError } from '../../../core/errors.js';
import type { Target } from '../lower/target.js';
import { BufferPool, partsOf, type Memory } from '../memory/pool.js';
import { deviceFault, disposedBackend, lostDevice, outOfMemory, shaderError, unresponsiveDevice } from './errors.js';
import type { Profiler } from './profiler.js';

// Values of GPUBufferUsage and GPUMapMode, which Node has no globals for.
const usage = { mapRead: 1, copySource: 4, copyTarget: 8, storage: 128 } as const;
const mapForReading = 1;

/** The error for a caller that attempted something with a broken device. */
type Failure = (attempt?: string) => OrzError;

/** A GPU with its pipelines, its memory, and the first thing that went wrong with it. */
export class WebGpuDevice {
  readonly pool: BufferPool;
  /** Buffers that the host can map. */
  private readonly staging: BufferPool;
  /** Compiled kernels by their text. */
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();
  /** Checks of memory that was asked for; they settle when the device has answered. */
  private readonly checks = new Set<Promise<void>>();
  /** Measures kernels while it is set; see {@link Profiler}. */
  profiler: Profiler | undefined;
  private failure: Failure | undefined;
  private isClosing = false;

  constructor(
    readonly gpu: GPUDevice,
    readonly name: string,
    readonly target: Target,
  ) {
    this.pool = this.makePool(usage.storage | usage.copySource | usage.copyTarget);
    this.staging = this.makePool(usage.mapRead | usage.copyTarget);
    void gpu.lost.then(({ reason, message }) => {
      if (!this.isClosing) this.fail((attempt) => lostDevice({ device: this.name, reason, message }, attempt));
    });
    gpu.onuncapturederror = ({ error }) => this.reportUncaptured(error);
  }

  /** GPU buffers that exist, free ones included. */
  get allocated(): BufferPool['allocated'] {
    return {
      buffers: this.pool.allocated.buffers + this.staging.allocated.buffers,
      bytes: this.pool.allocated.bytes + this.staging.allocated.bytes,
    };
  }

  get pipelineCount(): number {
    return this.pipelines.size;
  }

  /** Throws what went wrong with the device, if anything did; `attempt` says what was to be done with it. */
  assertUsable(attempt?: string): void {
    if (this.failure) throw this.failure(attempt);
  }

  /** Waits until the device has confirmed all memory asked for, then throws what went wrong. */
  async confirm(attempt?: string): Promise<void> {
    while (this.checks.size > 0) await Promise.all(this.checks);
    this.assertUsable(attempt);
  }

  /** The compiled form of a kernel. ORZ_INTERNAL with the compiler's message and line, and the name of the kernel. */
  pipeline(label: string, code: string): Promise<GPUComputePipeline> {
    const known = this.pipelines.get(code);
    if (known) return known;
    const pipeline = this.compile(label, code);
    this.pipelines.set(code, pipeline);
    return pipeline;
  }

  private async compile(label: string, code: string): Promise<GPUComputePipeline> {
    this.gpu.pushErrorScope('validation');
    const module = this.gpu.createShaderModule({ label, code });
    const problem = this.gpu.popErrorScope().catch(() => null); // A lost device is reported below.
    try {
      const pipeline = await this.gpu.createComputePipelineAsync({
        label,
        layout: 'auto',
        compute: { module, entryPoint: 'main' },
      });
      if ((await problem) === null) return pipeline;
      throw new Error('the shader module is invalid');
    } catch (cause) {
      await problem;
      this.assertUsable(`kernel "${label}" was to be compiled`);
      const { messages } = await module.getCompilationInfo();
      const errors = messages.filter(({ type }) => type === 'error');
      throw shaderError({ label, code, messages: errors, cause: cause as Error });
    }
  }

  /**
   * A copy of the first `bytes` bytes of some memory, once everything submitted before is done; `what` names it in
   * errors.
   */
  async read(memory: Memory, bytes: number, what: string): Promise<ArrayBuffer> {
    const attempt = `${what} of ${bytes} bytes was to be read`;
    this.assertUsable(attempt);
    const staging = this.staging.allocate(bytes, `a copy for the host of ${what}`);
    const copies = [...zip([...partsOf(memory, 0, bytes)], staging)];
    const encoder = this.gpu.createCommandEncoder();
    for (const [{ buffer, start, end }, copy] of copies) encoder.copyBufferToBuffer(buffer, 0, copy, 0, end - start);
    this.gpu.queue.submit([encoder.finish()]);
    const result = new Uint8Array(bytes);
    try {
      await Promise.all(
        copies.map(async ([{ start, end }, copy]) => {
          await copy.mapAsync(mapForReading, 0, end - start);
          result.set(new Uint8Array(copy.getMappedRange(0, end - start)), start);
          copy.unmap();
        }),
      );
    } catch (cause) {
      await this.explain(cause as Error, attempt);
    } finally {
      this.staging.release(staging);
    }
    await this.confirm(attempt);
    return result.buffer;
  }

  /** Throws why a mapping failed. A lost device rejects it before it says that it is lost. */
  private async explain(cause: Error, attempt: string): Promise<never> {
    await Promise.race([this.gpu.lost, new Promise((done) => setTimeout(done, 100))]);
    await this.confirm(attempt);
    throw unresponsiveDevice(this.name, attempt, cause);
  }

  /** Destroys the device with all its buffers. */
  dispose(): void {
    this.isClosing = true;
    this.fail((attempt) => disposedBackend(this.name, attempt));
    this.pool.close();
    this.staging.close();
    this.pipelines.clear();
    this.gpu.destroy();
  }

  private makePool(flags: number): BufferPool {
    return new BufferPool(
      { create: (bytes, what) => this.createBuffer(bytes, what, flags), destroy: (buffer) => buffer.destroy() },
      this.target.largestBuffer,
    );
  }

  private createBuffer(bytes: number, what: string, flags: number): GPUBuffer {
    this.gpu.pushErrorScope('out-of-memory');
    const buffer = this.gpu.createBuffer({ label: what, size: bytes, usage: flags });
    const used = this.pool.used + this.staging.used,
      free = this.allocated.bytes - used;
    const reportShortage = (error: GPUError | null): void => {
      if (!error) return;
      const message =
        `The WebGPU device "${this.name}" has no memory left for ${what} of ${bytes} bytes; ` +
        `${used} bytes are in use, ${free} more are kept for later`;
      this.fail(() => outOfMemory(message, bytes));
    };
    // Rejected if the device is lost, which is reported elsewhere.
    this.check(this.gpu.popErrorScope().then(reportShortage, () => undefined));
    return buffer;
  }

  private check(check: Promise<void>): void {
    this.checks.add(check);
    void check.then(() => this.checks.delete(check));
  }

  /**
   * What the device reports of its own accord. The use of a buffer for which there was no memory is reported before the
   * lack of memory, which is the real cause: so the pending checks are awaited first.
   */
  private reportUncaptured({ constructor: { name: kind }, message }: GPUError): void {
    const report = `The WebGPU device "${this.name}" reports: ${message}`;
    const pending = Promise.all(this.checks);
    this.check(
      pending.then(() => this.fail(() => (kind === 'GPUOutOfMemoryError' ? outOfMemory(report) : deviceFault(report)))),
    );
  }

  private fail(failure: Failure): void {
    this.failure ??= failure;
  }
}
