import type { Backend, CompileOptions, DeviceBuffer, DeviceInfo, Program } from '../../core/contracts/backend.js';
import type { Graph } from '../../core/compute/tensor/graph.js';
import { createInterpreter, type Interpreter } from '../../core/compute/tensor/interpret.js';
import {
  checkBindings,
  checkBufferType,
  checkContents,
  checkWrite,
  programSignature,
  type ProgramSignature,
} from '../../core/compute/tensor/program-checks.js';
import { asStored } from '../../core/compute/tensor/bf16.js';
import { sizeOf, type DType, type Shape, type TensorData } from '../../core/compute/tensor/types.js';
import { ReferenceBuffer } from './buffer.js';
import { foreignBuffer, missingResult, unusableProgram } from './errors.js';

/** The Backend contract on the interpreter: float64 throughout, rounded once, when a result enters a buffer. */
export class ReferenceBackend implements Backend {
  readonly info: DeviceInfo = {
    backend: 'reference',
    device: 'cpu',
    deterministic: true,
    notes: ['plain TypeScript in float64: the oracle, not for speed'],
  };
  private readonly live = new Set<ReferenceBuffer>();

  create(shape: Shape, dtype: DType, data?: TensorData): DeviceBuffer {
    checkBufferType(shape, dtype);
    if (data) checkContents({ shape, dtype }, data);
    return this.adopt(shape, dtype, data ?? new Float64Array(sizeOf(shape)));
  }

  write(buffer: DeviceBuffer, data: TensorData, offset = 0): void {
    const target = this.own(buffer);
    checkWrite(target, data, offset);
    target.values.set(asStored(target.dtype, data), offset);
  }

  async read(buffer: DeviceBuffer): Promise<TensorData> {
    return this.own(buffer).values.slice();
  }

  async compile(graph: Graph, options: CompileOptions): Promise<Program> {
    return new ReferenceProgram(this, programSignature(graph, options), createInterpreter(graph));
  }

  async submit(
    program: Program,
    inputs: Readonly<Record<string, DeviceBuffer>>,
  ): Promise<Record<string, DeviceBuffer>> {
    if (!(program instanceof ReferenceProgram) || program.owner !== this || !program.interpreter)
      throw unusableProgram(program.label);
    checkBindings(program.signature, inputs);
    const bound = Object.entries(inputs).map(([name, buffer]) => [name, this.own(buffer)] as const);
    const results = program.interpreter.execute(
      Object.fromEntries(bound.map(([name, buffer]) => [name, buffer.values] as const)),
    );
    for (const [name, buffer] of bound) {
      if (program.signature.donated.has(name)) this.kill(buffer, `donated to program "${program.label}" as "${name}"`);
    }
    return Object.fromEntries(
      program.outputs.map(({ name, shape, dtype }) => {
        const values = results[name];
        if (!values) throw missingResult(program.label, name);
        return [name, this.adopt(shape, dtype, values)];
      }),
    );
  }

  release(buffer: DeviceBuffer): void {
    const target = this.own(buffer);
    target.assertAlive();
    this.kill(target, 'released');
  }

  memory(): { buffers: number; bytes: number } {
    let bytes = 0;
    for (const buffer of this.live) bytes += buffer.bytes;
    return { buffers: this.live.size, bytes };
  }

  async dispose(): Promise<void> {
    for (const buffer of [...this.live]) this.kill(buffer, 'released with its backend');
  }

  /** A new buffer with a copy of `values`, rounded to the dtype. */
  private adopt(shape: Shape, dtype: DType, values: ArrayLike<number>): ReferenceBuffer {
    const buffer = new ReferenceBuffer(this, shape, dtype, asStored(dtype, values));
    this.live.add(buffer);
    return buffer;
  }

  private kill(buffer: ReferenceBuffer, cause: string): void {
    this.live.delete(buffer);
    buffer.invalidate(cause);
  }

  private own(buffer: DeviceBuffer): ReferenceBuffer {
    if (buffer instanceof ReferenceBuffer && buffer.owner === this) return buffer;
    throw foreignBuffer();
  }
}

class ReferenceProgram implements Program {
  constructor(
    readonly owner: ReferenceBackend,
    readonly signature: ProgramSignature,
    public interpreter: Interpreter | undefined,
  ) {}

  get label(): string {
    return this.signature.label;
  }
  get inputs(): ProgramSignature['inputs'] {
    return this.signature.inputs;
  }
  get outputs(): ProgramSignature['outputs'] {
    return this.signature.outputs;
  }

  async release(): Promise<void> {
    this.interpreter = undefined;
  }
}
