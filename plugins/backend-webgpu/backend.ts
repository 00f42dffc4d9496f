/// <reference types="@webgpu/types" />
import type { Backend, CompileOptions, DeviceBuffer, DeviceInfo, Program } from '../../core/contracts/backend.js';
import type { Graph } from '../../core/compute/tensor/graph.js';
import { checkBindings, checkBufferType, checkContents, checkWrite } from '../../core/compute/tensor/program-checks.js';
import { formatType, type DType, type Shape, type TensorData } from '../../core/compute/tensor/types.js';
import type { WebGpuDevice } from './device/device.js';
import { foreignBuffer, unusableProgram } from './errors.js';
import { executeProgram } from './execute.js';
import { WebGpuBuffer } from './memory/buffer.js';
import { partsOf, type Memory } from './memory/pool.js';
import { fromWords, toWords, wordsOf } from './memory/words.js';
import { compileProgram, WebGpuProgram } from './program.js';

/** Bytes of one upload: the queue keeps a copy of each until it is done. */
const uploadBytes = 16 * 2 ** 20;

/** The Backend contract on WebGPU. Buffers live on the device; work is executed in order of submission. */
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
    const bytes = 4 * wordsOf(dtype, shape),
      what = `a buffer ${formatType({ shape, dtype })}`;
    this.device.assertUsable(`${what} of ${bytes} bytes was to be created`);
    const memory = this.device.pool.allocate(bytes, what);
    if (data) this.upload(memory, toWords({ shape, dtype }, data), 0);
    else this.clear(memory, bytes);
    return this.adopt(memory, shape, dtype);
  }

  write(buffer: DeviceBuffer, data: TensorData, offset = 0): void {
    const target = this.own(buffer),
      { memory } = target;
    checkWrite(target, data, offset);
    this.device.assertUsable(`a buffer ${formatType(target)} of ${target.bytes} bytes was to be written`);
    this.releaseForms(target);
    this.upload(memory, toWords(target, data), 4 * offset);
  }

  async read(buffer: DeviceBuffer): Promise<TensorData> {
    const { memory, bytes, shape, dtype } = this.own(buffer);
    const copy = await this.device.read(memory, bytes, `a buffer ${formatType({ shape, dtype })}`);
    return fromWords({ shape, dtype }, copy);
  }

  async compile(graph: Graph, options: CompileOptions): Promise<Program> {
    this.device.assertUsable(`program "${options.label}" was to be compiled`);
    const program = await compileProgram(graph, options, {
      device: this.device,
      owner: this,
      onRelease: (released) => this.forget(released),
    });
    this.programs.add(program);
    return program;
  }

  async submit(
    program: Program,
    inputs: Readonly<Record<string, DeviceBuffer>>,
  ): Promise<Record<string, DeviceBuffer>> {
    if (!(program instanceof WebGpuProgram) || program.released || program.owner !== this)
      throw unusableProgram(program.label);
    checkBindings(program, inputs);
    this.device.assertUsable(`program "${program.label}" was to be executed`);
    const buffers = Object.entries(inputs).map(([name, buffer]) => [name, this.own(buffer)] as const);
    const bound = new Map(buffers.map(([name, { memory, forms }]) => [name, { memory, forms }]));
    for (const [name, buffer] of buffers) if (program.donated.has(name)) this.detach(buffer);
    const results = executeProgram(this.device, program, bound);
    return Object.fromEntries(
      [...results].map(([{ name, shape, dtype }, memory]) => [name, this.adopt(memory, shape, dtype)]),
    );
  }

  release(buffer: DeviceBuffer): void {
    this.device.pool.release(this.detach(this.own(buffer)));
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

  /** Kills a buffer and returns its memory. */
  private detach(buffer: WebGpuBuffer): Memory {
    const memory = buffer.detach();
    this.live.delete(buffer);
    this.releaseForms(buffer);
    return memory;
  }

  private releaseForms({ forms }: WebGpuBuffer): void {
    for (const memory of forms.values()) this.device.pool.release(memory);
    forms.clear();
  }

  private forget(program: WebGpuProgram): void {
    this.programs.delete(program);
    for (const buffer of program.compiled.constants.values()) this.device.pool.release(buffer);
  }

  private upload(memory: Memory, data: TensorData, offset: number): void {
    for (const part of partsOf(memory, offset, offset + data.byteLength)) {
      for (let from = part.start; from < part.end; from += uploadBytes) {
        const to = Math.min(from + uploadBytes, part.end),
          range = data.subarray((from - offset) / 4, (to - offset) / 4);
        this.device.gpu.queue.writeBuffer(part.buffer, part.offset + from - part.start, range);
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
    throw foreignBuffer();
  }
}
