import type { InferenceSession } from 'onnxruntime-common';
import { OrzError } from '../../core/errors.js';
import { MemoryPool } from './memory.js';
import type { ProviderName } from './providers.js';
import type { OnnxRuntime } from './runtime-folder.js';

/** ONNX Runtime with one execution provider: makes sessions, and owns the host memory that goes in and out. */
export class OnnxDevice {
  readonly pool = new MemoryPool();

  constructor(readonly ort: OnnxRuntime, readonly provider: ProviderName, readonly threads: number) {}

  /** Whether the provider writes into preallocated fetches. WebGPU ignores them and returns tensors of its own. */
  get writesFetches(): boolean {
    return this.provider !== 'webgpu';
  }

  async createSession(model: Uint8Array, label: string): Promise<InferenceSession> {
    try {
      return await this.ort.InferenceSession.create(model, this.sessionOptions());
    } catch (cause) {
      throw new OrzError('ORZ_INTERNAL', `ONNX Runtime rejects the model of program "${label}": ${(cause as Error).message}`, { origin: `onnx (${this.provider})`, cause });
    }
  }

  private sessionOptions(): InferenceSession.SessionOptions {
    return {
      executionProviders: this.provider === 'cpu' ? ['cpu'] : [this.provider, 'cpu'],
      intraOpNumThreads: this.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // Arenas keep what a session needed at its worst: six sessions held 428 MB, without arenas 117 MB.
      enableCpuMemArena: false,
      graphOptimizationLevel: 'basic',
      logSeverityLevel: 3,
    };
  }
}
