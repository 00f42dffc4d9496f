/// <reference types="@webgpu/types" />
import { OrzError } from '../../../core/errors.js';
import type { Profiler } from './profiler.js';
import { BufferPool, partsOf, type Memory } from '../memory/pool.js';
import type { Target } from '../lower/unit.js';

// Values of GPUBufferUsage and GPUMapMode, which Node has no globals for.
const usage = { mapRead: 1, copySource: 4, copyTarget: 8, storage: 128 } as const;
const mapForReading = 1;

/** A GPU with its pipelines, its memory, and what has gone wrong with it. */
export class WebGpuDevice {
  readonly pool: BufferPool;
  private readonly staging: BufferPool;
  /** Compiled kernels by their text. */
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();
  /** Checks of memory that was asked for; they end when the device has answered. */
  private readonly checks = new Set<Promise<void>>();
  /** Measures kernels while it is set; see {@link Profiler}. */
  profiler: Profiler | undefined;
  /** The first thing that went wrong with the device, as the error for whoever wanted what `doing` says. */
  private failure: ((doing?: string) => OrzError) | undefined;
  private closing = false;

  constructor(
    readonly gpu: GPUDevice,
    readonly name: string,
    readonly target: Target,
  ) {
    this.pool = this.makePool(usage.storage | usage.copySource | usage.copyTarget);
    this.staging = this.makePool(usage.mapRead | usage.copyTarget);
    void gpu.lost.then(({ reason, message }) => {
      if (!this.closing) this.fail((doing) => lost(this.name, reason, message, doing));
    });
    gpu.onuncapturederror = ({ error }) => this.hear(error);
  }

  /** GPU buffers that exist, free ones included. */
  get held(): BufferPool['held'] {
    return {
      buffers: this.pool.held.buffers + this.staging.held.buffers,
      bytes: this.pool.held.bytes + this.staging.held.bytes,
    };
  }

  get pipelineCount(): number {
    return this.pipelines.size;
  }

  /** Throws what went wrong with the device, if anything did; `doing` is what was to be done with it. */
  assertUsable(doing?: string): void {
    if (this.failure) throw this.failure(doing);
  }

  /** Waits until the device has confirmed all memory asked for, then throws what went wrong. */
  async confirm(doing?: string): Promise<void> {
    while (this.checks.size > 0) await Promise.all(this.checks);
    this.assertUsable(doing);
  }

  /** The compiled form of a kernel. ORZ_INTERNAL with the compiler's message and line, and the name of the kernel. */
  pipeline(label: string, code: string): Promise<GPUComputePipeline> {
    let found = this.pipelines.get(code);
    if (!found) this.pipelines.set(code, (found = this.compile(label, code)));
    return found;
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
      throw shaderError(
        label,
        code,
        messages.filter((m) => m.type === 'error'),
        cause as Error,
      );
    }
  }

  /** A copy of the first `bytes` bytes of some memory, once everything submitted before is done; `what` names it in errors. */
  async read(memory: Memory, bytes: number, what: string): Promise<ArrayBuffer> {
    const doing = `${what} of ${bytes} bytes was to be read`;
    this.assertUsable(doing);
    const staging = this.staging.take(bytes, `a copy for the host of ${what}`);
    const encoder = this.gpu.createCommandEncoder();
    const parts = [...partsOf(memory, 0, bytes)];
    parts.forEach(({ buffer, start, end }, i) => encoder.copyBufferToBuffer(buffer, 0, staging[i]!, 0, end - start));
    this.gpu.queue.submit([encoder.finish()]);
    const result = new Uint8Array(bytes);
    try {
      await Promise.all(
        parts.map(async ({ start, end }, i) => {
          await staging[i]!.mapAsync(mapForReading, 0, end - start);
          result.set(new Uint8Array(staging[i]!.getMappedRange(0, end - start)), start);
          staging[i]!.unmap();
        }),
      );
    } catch (cause) {
      await this.explain(cause as Error, doing);
    } finally {
      this.staging.give(staging);
    }
    await this.confirm(doing);
    return result.buffer;
  }

  /** A lost device rejects a mapping before it says that it is lost. */
  private async explain(cause: Error, doing: string): Promise<never> {
    await Promise.race([this.gpu.lost, new Promise((done) => setTimeout(done, 100))]);
    await this.confirm(doing);
    throw new OrzError('ORZ_INTERNAL', `the WebGPU device "${this.name}" does not answer: ${cause.message}; ${doing}`, {
      origin: 'webgpu',
      cause,
    });
  }

  /** Destroys the device with all its buffers. */
  dispose(): void {
    this.closing = true;
    this.fail(
      (doing) =>
        new OrzError('ORZ_BACKEND_PROVIDER', ['the WebGPU backend was disposed', doing].filter(Boolean).join('; '), {
          value: this.name,
          origin: 'webgpu',
          remedy: 'make a new one',
        }),
    );
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
      free = this.held.bytes - used;
    this.check(
      this.gpu.popErrorScope().then(
        (error) => {
          if (error)
            this.fail(() =>
              noMemory(
                `the WebGPU device "${this.name}" has no memory left for ${what} of ${bytes} bytes; ${used} bytes are in use, ${free} more are kept for later`,
                bytes,
              ),
            );
        },
        () => undefined,
      ),
    ); // The device is lost, which is reported elsewhere.
    return buffer;
  }

  private check(check: Promise<void>): void {
    this.checks.add(check);
    void check.then(() => this.checks.delete(check));
  }

  /** What the device reports of its own accord. Use of a buffer that there was no memory for is reported before the lack of memory, which is the news. */
  private hear({ constructor: { name: kind }, message }: GPUError): void {
    const report = `the WebGPU device "${this.name}" reports: ${message}`;
    this.check(
      Promise.all(this.checks).then(() => {
        this.fail(() =>
          kind === 'GPUOutOfMemoryError'
            ? noMemory(report)
            : new OrzError('ORZ_INTERNAL', report, {
                origin: 'webgpu',
                remedy: 'report this with the name of the device',
              }),
        );
      }),
    );
  }

  private fail(failure: (doing?: string) => OrzError): void {
    this.failure ??= failure;
  }
}

const noMemory = (message: string, bytes?: number): OrzError =>
  new OrzError('ORZ_INSUFFICIENT', message, {
    value: bytes,
    origin: 'webgpu',
    remedy:
      'lower engine.microBatchTokens or engine.maxSlots, choose a smaller model, or use a device with more memory',
  });

const lost = (name: string, reason: string, message: string, doing?: string): OrzError =>
  new OrzError(
    'ORZ_BACKEND_PROVIDER',
    [`the WebGPU device "${name}" was lost`, message, doing].filter(Boolean).join('; '),
    {
      value: reason,
      origin: 'webgpu',
      remedy:
        'checkpoints are as they were: go on from the last one; if it happens again, update the driver or lower engine.microBatchTokens',
    },
  );

function shaderError(label: string, code: string, messages: readonly GPUCompilationMessage[], cause: Error): OrzError {
  const first = messages[0];
  const where = first
    ? `line ${first.lineNum}: ${first.message}; "${code.split('\n')[first.lineNum - 1]?.trim()}"`
    : cause.message;
  return new OrzError('ORZ_INTERNAL', `the WebGPU kernel "${label}" does not compile: ${where}`, {
    value: label,
    origin: 'webgpu',
    remedy: 'report this with the name of the device',
    cause,
  });
}
