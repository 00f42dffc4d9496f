import type { InferenceSession } from 'onnxruntime-common';
import type { Node } from '../../core/compute/tensor/graph.js';
import { rejectedModel } from './errors.js';
import type { Target } from './lower/product.js';
import { MemoryPool } from './memory.js';
import type { OnnxRuntime } from './runtime-folder.js';
import type { ProviderName } from './settings.js';

/** How many threads there are, and how many of them a session of some nodes gets. */
export interface Threads {
  readonly available: number;
  readonly of: (nodes: readonly Node[], available: number) => number;
}

/** ONNX Runtime with one execution provider: makes sessions, and owns the host memory that goes in and out. */
export class OnnxDevice {
  readonly pool = new MemoryPool();

  constructor(
    readonly ort: OnnxRuntime,
    readonly provider: ProviderName,
    private readonly threads: Threads,
  ) {}

  /** Whether the provider writes into preallocated fetches. WebGPU ignores them and returns tensors of its own. */
  get writesFetches(): boolean {
    return this.provider !== 'webgpu';
  }

  /** Whether sessions can read bf16: WebGPU has no BitCast, and on CUDA it was not tried. */
  get readsBf16(): boolean {
    return this.provider === 'cpu';
  }

  /** Threads for a session of these nodes. */
  threadsFor(nodes: readonly Node[]): number {
    return this.threads.of(nodes, this.threads.available);
  }

  /** What a model for a session with so many threads is written for. */
  target(threads: number): Target {
    return { hasFusedMatMul: this.provider !== 'webgpu', ...(this.provider === 'cpu' && { cpuThreads: threads }) };
  }

  /**
   * Throws ORZ_INTERNAL if ONNX Runtime rejects the model, also if the provider would leave a node of it to the CPU.
   */
  async createSession(model: Uint8Array, label: string, threads = this.threads.available): Promise<InferenceSession> {
    try {
      return await this.ort.InferenceSession.create(model, this.sessionOptions(threads));
    } catch (cause) {
      throw rejectedModel(label, this.provider, cause);
    }
  }

  private sessionOptions(threads: number): InferenceSession.SessionOptions {
    return {
      executionProviders: [this.provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // Arenas are per session and keep its peak: six sessions took 428 MB, without arenas 117 MB. A memory pattern
      // without an arena asks the system for one block per execution, which costs more page faults (23 of 81 ms of a
      // small training step) than it saves; see start.ts.
      enableCpuMemArena: false,
      enableMemPattern: false,
      // The lowering has fused what is worth fusing: all levels are equally fast. On the CPU the first one would merge
      // a transposition into the product that needs it as it is (stable-products.ts).
      graphOptimizationLevel: this.provider === 'cpu' ? 'disabled' : 'basic',
      // Failures throw; ONNX Runtime need not print them as well.
      logSeverityLevel: 4,
      extra: {
        session: {
          // Threads that wait actively for the next operation take the cores from everything else, also from the
          // threads of other sessions: on a busy machine a small training step took 250 to 370 ms with the default,
          // 110 to 140 ms with 20 µs.
          'intra_op.spin_duration_us': '20',
          // Weights of attention far away and moments of rare tokens fall below the smallest normal number, where the
          // processor is many times slower: flushing them to zero takes a step of orz-tiny from 40 to 32 ms on two
          // threads. The setting also holds for the thread that calls a session.
          ...(this.provider === 'cpu' && { set_denormal_as_zero: '1' }),
          // An operator that the GPU provider does not have is an error, not a silent detour over the CPU.
          ...(this.provider !== 'cpu' && { disable_cpu_ep_fallback: '1' }),
        },
      },
    };
  }
}
