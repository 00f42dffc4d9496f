/// <reference types="@webgpu/types" />
import type { Backend, CompileOptions, DeviceBuffer, DeviceInfo, Program } from '../../core/contracts/backend.js';
import { OrzError } from '../../core/errors.js';
import type { Graph } from '../../core/compute/tensor/graph.js';
import { checkBindings, checkBufferType, checkContents, checkWrite } from '../../core/compute/tensor/program-checks.js';
import { formatType, sizeOf, type DType, type Shape, type TensorData } from '../../core/compute/tensor/types.js';
import type { WebGpuDevice } from './device/device.js';
import { partsOf, type Memory } from './memory/pool.js';
import { WebGpuBuffer } from './memory/buffer.js';
import { compileProgram, WebGpuProgram } from './program.js';
import { runProgram } from './run.js';

/** Bytes of one upload: the queue keeps a copy of each until it is done. */
const uploadBytes = 16 * 2 ** 20;

/** The Backend contract on WebGPU. Buffers live on the device; work runs in the order in which it was submitted. */
export class WebGpuBackend implements Backend {
  private readonly live = new Set<WebGpuBuffer>();
  private readonly programs = new Set<WebGpuProgram>();

  constructor(
    readonly device: WebGpuDevice,
    readonly info: DeviceInfo,
  ) {}

  create(shape: Shape, dtype: DType, data?: TensorData): DeviceBuffer {
    checkBufferType(shape, dtype);
    if (data) checkContents({ shape, dtype }, data);
    const bytes = 4 * sizeOf(shape),
      what = `a buffer ${formatType({ shape, dtype })}`;
    this.device.assertUsable(`${what} of ${bytes} bytes was to be made`);
    const memory = this.device.pool.take(bytes, what);
    if (data) this.upload(memory, data, 0);
    else this.clear(memory, bytes);
    return this.adopt(memory, shape, dtype);
  }

  write(buffer: DeviceBuffer, data: TensorData, offset = 0): void {
    const target = this.own(buffer),
      { memory } = target;
    checkWrite(target, data, offset);
    this.device.assertUsable(`a buffer ${formatType(target)} of ${target.bytes} bytes was to be written`);
    this.dropForms(target);
    this.upload(memory, data, 4 * offset);
  }

  async read(buffer: DeviceBuffer): Promise<TensorData> {
    const { memory, bytes, shape, dtype } = this.own(buffer);
    const copy = await this.device.read(memory, bytes, `a buffer ${formatType({ shape, dtype })}`);
    return dtype === 'i32' ? new Int32Array(copy) : new Float32Array(copy);
  }

  async compile(graph: Graph, options: CompileOptions): Promise<Program> {
    this.device.assertUsable(`program "${options.label}" was to be compiled`);
    const program = await compileProgram(this.device, this, graph, options, (released) => this.forget(released));
    this.programs.add(program);
    return program;
  }

  async submit(
    program: Program,
    inputs: Readonly<Record<string, DeviceBuffer>>,
  ): Promise<Record<string, DeviceBuffer>> {
    if (!(program instanceof WebGpuProgram) || program.released || program.owner !== this)
      throw new OrzError(
        'ORZ_PROGRAM_INPUT',
        `program "${program.label}" was released, or belongs to another backend`,
        { value: program.label },
      );
    checkBindings(program, inputs);
    this.device.assertUsable(`program "${program.label}" was to be run`);
    const bound = new Map(
      program.inputs.map(({ name }) => {
        const { memory, forms } = this.own(inputs[name]!);
        return [name, { memory, forms }];
      }),
    );
    for (const name of program.donated) this.end(this.own(inputs[name]!));
    const results = runProgram(this.device, program, bound);
    return Object.fromEntries(
      program.outputs.map(({ name, shape, dtype }) => [name, this.adopt(results.get(name)!, shape, dtype)]),
    );
  }

  release(buffer: DeviceBuffer): void {
    this.device.pool.give(this.end(this.own(buffer)));
  }

  memory(): { buffers: number; bytes: number } {
    let bytes = 0;
    for (const buffer of this.live) bytes += buffer.bytes;
    return { buffers: this.live.size, bytes };
  }

  async dispose(): Promise<void> {
    for (const program of [...this.programs]) await program.release();
    for (const buffer of [...this.live]) this.release(buffer);
    this.device.dispose();
  }

  private adopt(memory: Memory, shape: Shape, dtype: DType): WebGpuBuffer {
    const buffer = new WebGpuBuffer(this, shape, dtype, memory);
    this.live.add(buffer);
    return buffer;
  }

  private end(buffer: WebGpuBuffer): Memory {
    const memory = buffer.surrender();
    this.live.delete(buffer);
    this.dropForms(buffer);
    return memory;
  }

  private dropForms({ forms }: WebGpuBuffer): void {
    for (const memory of forms.values()) this.device.pool.give(memory);
    forms.clear();
  }

  private forget(program: WebGpuProgram): void {
    this.programs.delete(program);
    for (const buffer of program.constants.values()) this.device.pool.give(buffer);
  }

  private upload(memory: Memory, data: TensorData, offset: number): void {
    for (const { buffer, at, start, end } of partsOf(memory, offset, offset + data.byteLength)) {
      for (let from = start; from < end; from += uploadBytes) {
        const part = data.subarray((from - offset) / 4, (Math.min(from + uploadBytes, end) - offset) / 4);
        this.device.gpu.queue.writeBuffer(buffer, at + from - start, part);
      }
    }
  }

  private clear(memory: Memory, bytes: number): void {
    const encoder = this.device.gpu.createCommandEncoder();
    for (const { buffer, start, end } of partsOf(memory, 0, bytes)) encoder.clearBuffer(buffer, 0, end - start);
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  private own(buffer: DeviceBuffer): WebGpuBuffer {
    if (buffer instanceof WebGpuBuffer && buffer.owner === this) return buffer;
    throw new OrzError('ORZ_PROGRAM_INPUT', 'a buffer belongs to another backend');
  }
}
