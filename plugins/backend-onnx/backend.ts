import type { Backend, CompileOptions, DeviceBuffer, DeviceInfo, Program } from '../../core/contracts/backend.js';
import type { Graph } from '../../core/compute/tensor/graph.js';
import { checkBindings, checkBufferType, checkContents, checkWrite } from '../../core/compute/tensor/program-checks.js';
import type { DType, Shape, TensorData } from '../../core/compute/tensor/types.js';
import { OnnxBuffer, readElements } from './buffer.js';
import type { OnnxDevice } from './device.js';
import { foreignBuffer, unusableProgram } from './errors.js';
import { executeProgram } from './execute.js';
import { byteSize, type Memory } from './memory.js';
import { compileProgram, OnnxProgram } from './program.js';

/** The Backend contract on ONNX Runtime. Buffers live in host memory; work is executed in order of submission. */
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
    const buffer = this.adopt(this.device.pool.allocate(byteSize(dtype, shape)), shape, dtype);
    if (data) buffer.store(data, 0);
    else buffer.contents.fill(0);
    return buffer;
  }

  write(buffer: DeviceBuffer, data: TensorData, offset = 0): void {
    const target = own(buffer);
    checkWrite(target, data, offset);
    if (target.memory.references > 1) this.copyOnWrite(target);
    target.store(data, offset);
  }

  async read(buffer: DeviceBuffer): Promise<TensorData> {
    const { memory, contents } = own(buffer);
    memory.references++;
    return this.enqueue(() => {
      const copy = readElements(contents);
      this.device.pool.release(memory);
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
    if (!(program instanceof OnnxProgram) || program.released) throw unusableProgram(program.label);
    checkBindings(program, inputs);
    // All are checked before the first is consumed.
    const bound = Object.entries(inputs).map(([name, buffer]) => [name, own(buffer)] as const);
    const memories = new Map<string, Memory>();
    for (const [name, buffer] of bound) {
      const { memory } = buffer;
      memory.references++;
      memories.set(name, memory);
      if (program.donated.has(name)) this.release(buffer);
    }
    const results = await this.enqueue(() => executeProgram(this.device, program, memories));
    return Object.fromEntries(
      [...results].map(([{ name, shape, dtype }, memory]) => [name, this.adopt(memory, shape, dtype)]),
    );
  }

  release(buffer: DeviceBuffer): void {
    const target = own(buffer);
    this.live.delete(target);
    this.device.pool.release(target.detach());
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

  /** Gives the buffer a copy of its own, because work submitted earlier still reads the old contents. */
  private copyOnWrite(buffer: OnnxBuffer): void {
    const old = buffer.memory;
    const copy = this.device.pool.allocate(old.bytes.byteLength);
    copy.i32.set(old.i32);
    buffer.replace(copy);
    this.device.pool.release(old);
  }

  private async releaseSessions(program: OnnxProgram): Promise<void> {
    this.programs.delete(program);
    await this.enqueue(async () => {
      for (const stage of program.stages) if (stage.kind === 'session') await stage.session.release();
    });
  }

  /** Starts `work` after everything submitted before, whether that succeeded or not. */
  private enqueue<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.queue.then(work);
    this.queue = result.catch(() => undefined); // The caller of `work` sees the failure.
    return result;
  }
}

function own(buffer: DeviceBuffer): OnnxBuffer {
  if (!(buffer instanceof OnnxBuffer)) throw foreignBuffer();
  return buffer;
}
