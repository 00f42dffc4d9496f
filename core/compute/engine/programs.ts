import { elementAt } from '../../arrays.js';
import type { Backend, DeviceBuffer, Program } from '../../contracts/backend.js';
import type { Graph } from '../tensor/graph.js';
import type { Shape, TensorData } from '../tensor/types.js';
import { notFloats, notFound } from './errors.js';

/** Values for one program call: they become a buffer that lives as long as the call. */
export interface HostValues {
  readonly data: TensorData;
  readonly shape: Shape;
}

/** What an input of a program is fed: a buffer that stays the caller's, or values from the host. */
export type Feed = DeviceBuffer | HostValues;

/** Outputs of a program by name. The caller owns the buffers. */
export type Outputs = Readonly<Record<string, DeviceBuffer>>;

/**
 * Compiled programs by key, the least recently used dropped first: shape buckets keep the number small, this keeps it
 * bounded.
 */
export class ProgramCache {
  private readonly programs = new Map<string, Promise<Program>>();

  constructor(
    private readonly backend: Backend,
    private readonly capacity = 96,
  ) {}

  /**
   * The program for `key`, compiled from `build()` the first time. Inputs whose name starts with one of `donate` are
   * consumed.
   */
  async get(key: string, build: () => Graph, donate: readonly string[] = []): Promise<Program> {
    const known = this.programs.get(key);
    if (known) {
      this.programs.delete(key);
      this.programs.set(key, known);
      return known;
    }
    const program = this.compile(key, build, donate);
    this.programs.set(key, program);
    // A failure is the caller's to see, and not to be kept: the next attempt, and dispose, must not meet it again.
    program.catch(() => this.programs.delete(key));
    if (this.programs.size > this.capacity) await this.dropOldest();
    return program;
  }

  private compile(key: string, build: () => Graph, donate: readonly string[]): Promise<Program> {
    const graph = build();
    const consumed = [...graph.inputs.keys()].filter((name) => donate.some((prefix) => name.startsWith(prefix)));
    return this.backend.compile(graph, { label: key, donate: consumed });
  }

  private async dropOldest(): Promise<void> {
    const [oldest] = this.programs;
    if (!oldest) return;
    const [key, program] = oldest;
    this.programs.delete(key);
    await (await program).release();
  }

  async dispose(): Promise<void> {
    for (const program of this.programs.values()) await (await program).release();
    this.programs.clear();
  }
}

/**
 * Executes a program, taking each input from `feed(name)`; buffers made for the call are released, also when it fails.
 */
export async function execute(backend: Backend, program: Program, feed: (name: string) => Feed): Promise<Outputs> {
  const made: DeviceBuffer[] = [];
  const inputs: Record<string, DeviceBuffer> = {};
  try {
    for (const { name, dtype } of program.inputs) {
      const value = feed(name);
      if ('alive' in value) inputs[name] = value;
      else made.push((inputs[name] = backend.create(value.shape, dtype, value.data)));
    }
    return await backend.submit(program, inputs);
  } finally {
    for (const buffer of made) if (buffer.alive) backend.release(buffer);
  }
}

/** The output of that name; throws ORZ_INTERNAL if the program has none. */
export function outputOf(outputs: Outputs, name: string): DeviceBuffer {
  const buffer = outputs[name];
  if (!buffer) throw notFound('Program output', name, Object.keys(outputs));
  return buffer;
}

/** Reads an output to the host and releases its buffer. */
export async function takeOutput(backend: Backend, outputs: Outputs, name: string): Promise<TensorData> {
  const buffer = outputOf(outputs, name);
  const data = await backend.read(buffer);
  backend.release(buffer);
  return data;
}

/** As {@link takeOutput}, for an output of f32. */
export const takeFloats = async (backend: Backend, outputs: Outputs, name: string): Promise<Float32Array> =>
  asFloats(await takeOutput(backend, outputs, name));

/** As {@link takeOutput}, for a scalar. */
export const takeScalar = async (backend: Backend, outputs: Outputs, name: string): Promise<number> =>
  elementAt(await takeOutput(backend, outputs, name), 0);

/** Data that must be f32; throws ORZ_INTERNAL for integers. */
export function asFloats(data: TensorData): Float32Array {
  if (!(data instanceof Float32Array)) throw notFloats();
  return data;
}
