import type { Backend, CompileOptions, DeviceBuffer, DeviceInfo, Program } from '../../core/contracts/backend.js';
import { OrzError } from '../../core/errors.js';
import type { Graph } from '../../core/compute/tensor/graph.js';
import { checkBindings, checkBufferType, checkContents, checkWrite } from '../../core/compute/tensor/program-checks.js';
import type { DType, Shape, TensorData } from '../../core/compute/tensor/types.js';
import { OnnxBuffer } from './buffer.js';
import type { OnnxDevice } from './device.js';
import { byteSize, type Memory } from './memory.js';
import { compileProgram, OnnxProgram } from './program.js';
import { runProgram } from './run.js';

/** The Backend contract on ONNX Runtime. Buffers live in host memory; work runs in the order in which it was submitted. */
export class OnnxBackend implements Backend {
  private readonly live = new Set<OnnxBuffer>();
  private readonly programs = new Set<OnnxProgram>();
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly device: OnnxDevice,
    readonly info: DeviceInfo,
  ) {}

  create(shape: Shape, dtype: DType, data?: TensorData): DeviceBuffer {
    checkBufferType(shape, dtype);
    if (data) checkContents({ shape, dtype }, data);
    const buffer = this.adopt(this.device.pool.take(byteSize(dtype, shape)), shape, dtype);
    if (data) buffer.contents.set(data);
    else buffer.contents.fill(0);
    return buffer;
  }

  write(buffer: DeviceBuffer, data: TensorData, offset = 0): void {
    const target = own(buffer);
    checkWrite(target, data, offset);
    if (target.memory.holders > 1) this.separate(target);
    target.contents.set(data, offset);
  }

  async read(buffer: DeviceBuffer): Promise<TensorData> {
    const { memory, contents } = own(buffer);
    memory.holders++;
    return this.enqueue(() => {
      const copy = contents.slice();
      this.device.pool.drop(memory);
      return copy;
    });
  }

  async compile(graph: Graph, options: CompileOptions): Promise<Program> {
    const program = await compileProgram(this.device, graph, options, (p) => this.releaseSessions(p));
    this.programs.add(program);
    return program;
  }

  async submit(
    program: Program,
    inputs: Readonly<Record<string, DeviceBuffer>>,
  ): Promise<Record<string, DeviceBuffer>> {
    if (!(program instanceof OnnxProgram) || program.released)
      throw new OrzError('ORZ_PROGRAM_INPUT', `program "${program.label}" is released or of another backend`);
    checkBindings(program, inputs);
    const memories = new Map<string, Memory>();
    for (const { name } of program.inputs) {
      const { memory } = own(inputs[name]!);
      memory.holders++;
      memories.set(name, memory);
    }
    for (const name of program.donated) this.release(inputs[name]!);
    const results = await this.enqueue(() => runProgram(this.device, program, memories));
    return Object.fromEntries(
      program.outputs.map(({ name, shape, dtype }) => [name, this.adopt(results.get(name)!, shape, dtype)]),
    );
  }

  release(buffer: DeviceBuffer): void {
    const target = own(buffer);
    this.live.delete(target);
    this.device.pool.drop(target.surrender());
  }

  memory(): { buffers: number; bytes: number } {
    let bytes = 0;
    for (const buffer of this.live) bytes += buffer.bytes;
    return { buffers: this.live.size, bytes };
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.programs].map((program) => program.release()));
    for (const buffer of [...this.live]) this.release(buffer);
    this.device.pool.clear();
  }

  private adopt(memory: Memory, shape: Shape, dtype: DType): OnnxBuffer {
    const buffer = new OnnxBuffer(shape, dtype, memory);
    this.live.add(buffer);
    return buffer;
  }

  /** Work submitted earlier still reads the old contents: the buffer gets a copy of its own. */
  private separate(buffer: OnnxBuffer): void {
    const old = buffer.memory;
    const copy = this.device.pool.take(old.bytes.byteLength);
    copy.i32.set(old.i32);
    buffer.replace(copy);
    this.device.pool.drop(old);
  }

  private async releaseSessions(program: OnnxProgram): Promise<void> {
    this.programs.delete(program);
    await this.enqueue(async () => {
      for (const stage of program.stages) if (stage.kind === 'session') await stage.session.release();
    });
  }

  /** Runs `work` after everything submitted before, whether that succeeded or not. */
  private enqueue<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.queue.then(work);
    this.queue = result.catch(() => undefined); // The caller of `work` sees the failure.
    return result;
  }
}

function own(buffer: DeviceBuffer): OnnxBuffer {
  if (!(buffer instanceof OnnxBuffer)) throw new OrzError('ORZ_PROGRAM_INPUT', 'a buffer of another backend');
  return buffer;
}
