import type { DType, Shape, TensorData } from '../compute/tensor/types.js';
import type { Graph } from '../compute/tensor/graph.js';

/** What a backend runs on, for the plan, the log and the benchmark. */
export interface DeviceInfo {
  /** Backend name, for example `onnx`. */
  readonly backend: string;
  /** Execution provider or adapter, for example `cpu`, `cuda`, `webgpu (SwiftShader)`. */
  readonly device: string;
  /** Whether a program executed twice on equal inputs gives equal bits. */
  readonly deterministic: boolean;
  /** Largest single buffer in bytes, if the device has such a limit. */
  readonly maxBufferBytes?: number;
  /** Free text worth showing, for example why `auto` chose this device. */
  readonly notes: readonly string[];
}

/**
 * A tensor that lives on the device. Owned by whoever created it (or received it from `submit`) until released or
 * donated.
 */
export interface DeviceBuffer {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly bytes: number;
  /** False after `release` or after being donated to a program; using it then throws ORZ_BUFFER_CONSUMED. */
  readonly alive: boolean;
}

export interface CompileOptions {
  /** For error messages, traces and benchmarks. */
  readonly label: string;
  /**
   * Inputs that `submit` consumes. Their buffers are dead afterwards and the backend may reuse the memory; the results
   * come back as outputs. Whether memory is actually reused is up to the backend: a donation never changes a result.
   */
  readonly donate?: readonly string[];
}

export interface TensorSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A compiled graph, executed any number of times with different buffers (one serves all layers of equal shape). */
export interface Program {
  readonly label: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  release(): Promise<void>;
}

/** Buffers and programs, nothing else: everything above is written in terms of these methods. */
export interface Backend {
  readonly info: DeviceInfo;
  /**
   * A new buffer holding a copy of `data` (row-major; length must fit the shape), or zeros if `data` is absent. One of
   * bf16 takes and gives f32: it stores the nearest bf16 numbers, ties to even.
   */
  create(shape: Shape, dtype: DType, data?: TensorData): DeviceBuffer;
  /** Overwrites a buffer from element `offset` on (default 0) with a copy of `data`; one of bf16 only as a whole. */
  write(buffer: DeviceBuffer, data: TensorData, offset?: number): void;
  /** A copy of the contents (bool as 0 and 1); waits until all submitted work on it is done. */
  read(buffer: DeviceBuffer): Promise<TensorData>;
  compile(graph: Graph, options: CompileOptions): Promise<Program>;
  /** Executes a program. `inputs` must name each program input exactly once. The caller owns the returned buffers. */
  submit(program: Program, inputs: Readonly<Record<string, DeviceBuffer>>): Promise<Record<string, DeviceBuffer>>;
  release(buffer: DeviceBuffer): void;
  /** Live buffers and their bytes, to find leaks. */
  memory(): { readonly buffers: number; readonly bytes: number };
  dispose(): Promise<void>;
}
