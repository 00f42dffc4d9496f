import { OrzError } from '../../errors.js';
import type { Backend, DeviceBuffer, Program } from '../../contracts/backend.js';
import type { Graph } from '../tensor/graph.js';
import type { Shape, TensorData } from '../tensor/types.js';

/** Values fed to a program: a buffer that stays the caller's, or data for a buffer that lives for one call. */
export type Feed = DeviceBuffer | { readonly data: TensorData; readonly shape: Shape };

/** Compiled programs by key, the least recently used dropped first: shape buckets keep the number small, this keeps it bounded. */
export class ProgramCache {
  private readonly programs = new Map<string, Promise<Program>>();

  constructor(
    private readonly backend: Backend,
    private readonly capacity = 96,
  ) {}

  /** The program for `key`, compiled from `build()` the first time. Inputs starting with one of `donate` are consumed. */
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
    if (this.programs.size > this.capacity) {
      const [oldest, dropped] = this.programs.entries().next().value as [string, Promise<Program>];
      this.programs.delete(oldest);
      await (await dropped).release();
    }
    return program;
  }

  private compile(key: string, build: () => Graph, donate: readonly string[]): Promise<Program> {
    const graph = build();
    const consumed = [...graph.inputs.keys()].filter((name) => donate.some((prefix) => name.startsWith(prefix)));
    return this.backend.compile(graph, { label: key, donate: consumed });
  }

  async dispose(): Promise<void> {
    for (const program of this.programs.values()) await (await program).release();
    this.programs.clear();
  }
}

/** Runs a program, taking each input from `feed(name)`; buffers made for the call are released, also when it fails. */
export async function run(
  backend: Backend,
  program: Program,
  feed: (name: string) => Feed,
): Promise<Record<string, DeviceBuffer>> {
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

/** Reads a buffer to the host and releases it. */
export async function take(backend: Backend, buffer: DeviceBuffer | undefined): Promise<TensorData> {
  if (!buffer) throw new OrzError('ORZ_INTERNAL', 'a program did not return an expected output');
  const data = await backend.read(buffer);
  backend.release(buffer);
  return data;
}
