import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { OrzError, isOrzError } from '../../core/errors.js';
import type { Tensor } from '../../core/compute/tensor/graph.js';
import type { TensorData } from '../../core/compute/tensor/types.js';
import type { OnnxDevice } from './device.js';
import type { LoweredModel } from './lower/lower.js';
import { byteSize, type Memory } from './memory.js';
import { isFill } from './plan.js';
import type { OnnxProgram, Stage } from './program.js';

/** One execution of a program: holds the memory of inputs and intermediate tensors until their last use. */
class Run {
  private readonly values = new Map<Tensor, Memory>();
  /** Tensors whose memory nobody else can see: it may be overwritten or handed over. */
  private readonly owned = new Set<Tensor>();

  constructor(
    private readonly device: OnnxDevice,
    private readonly program: OnnxProgram,
    inputs: ReadonlyMap<string, Memory>,
  ) {
    for (const [name, memory] of inputs) {
      const t = program.tensors.inputs.get(name)!;
      this.values.set(t, memory);
      if (program.donated.has(name) && memory.holders === 1) this.owned.add(t);
    }
  }

  async execute(): Promise<Map<string, Memory>> {
    try {
      for (const [i, stage] of this.program.stages.entries()) {
        if (stage.kind === 'session') await this.runSession(stage);
        else this.runKernel(stage, i);
        for (const t of [...this.values.keys()]) if (this.program.lastUse.get(t) === i) this.forget(t);
      }
      return this.collectOutputs();
    } finally {
      for (const t of [...this.values.keys()]) this.forget(t);
    }
  }

  private forget(t: Tensor): void {
    this.device.pool.drop(this.values.get(t)!);
    this.values.delete(t);
  }

  private allocate(t: Tensor): Memory {
    return this.device.pool.take(byteSize(t.dtype, t.shape));
  }

  private async runSession({ session, model }: Stage & { kind: 'session' }): Promise<void> {
    const { ort } = this.device;
    const feeds: Record<string, OrtTensor> = {};
    for (const { name, tensor } of model.feeds)
      feeds[name] = this.values.get(tensor)!.tensor(ort, tensor.dtype, tensor.shape);
    if (!this.device.writesFetches) return this.adopt(model, await session.run(feeds));
    const fetches: Record<string, OrtTensor> = {};
    for (const { name, tensor } of model.fetches)
      fetches[name] = this.keep(tensor, this.allocate(tensor)).tensor(ort, tensor.dtype, tensor.shape);
    discard(await session.run(feeds, fetches));
  }

  /** Takes over the arrays that the provider returned. */
  private adopt(model: LoweredModel, results: InferenceSession.ReturnType): void {
    for (const { name, tensor } of model.fetches) {
      const { buffer } = (results[name] as OrtTensor).data as Float32Array<ArrayBuffer>;
      this.keep(tensor, this.device.pool.add(buffer));
    }
  }

  private keep(t: Tensor, memory: Memory): Memory {
    this.values.set(t, memory);
    this.owned.add(t);
    return memory;
  }

  private runKernel({ node, kernel, inputs }: Stage & { kind: 'host' }, stage: number): void {
    const temporary = new Map<Tensor, Memory>();
    for (const t of inputs) if (isFill(t.node) && !temporary.has(t)) temporary.set(t, this.fill(t));
    const memoryOf = (t: Tensor): Memory => (temporary.get(t) ?? this.values.get(t))!;
    const data = inputs.map((t) => (t.node.op.name === 'constant' ? t.node.data! : view(t, memoryOf(t))));
    const outputs = node.outputs.map((output, i) => {
      const source = inputs[kernel.reuse[i] ?? -1];
      const memory = source && this.mayOverwrite(source, inputs, stage) ? memoryOf(source) : this.allocate(output);
      if (source && memory === memoryOf(source)) {
        temporary.delete(source);
        this.values.delete(source);
      }
      return this.keep(output, memory);
    });
    try {
      kernel.run(
        node,
        data,
        outputs.map((memory, i) => view(node.outputs[i]!, memory)),
      );
    } finally {
      for (const memory of temporary.values()) this.device.pool.drop(memory);
    }
  }

  /**
   * Only memory of this run that is read here for the last time, and by this kernel once: a kernel that read it through a
   * second input would see its own writes.
   */
  private mayOverwrite(source: Tensor, inputs: readonly Tensor[], stage: number): boolean {
    if (inputs.filter((t) => t === source).length > 1) return false;
    return isFill(source.node) || (this.owned.has(source) && this.program.lastUse.get(source) === stage);
  }

  private fill(t: Tensor): Memory {
    const memory = this.allocate(t);
    view(t, memory).fill(t.node.inputs[0]!.node.data![0]!);
    return memory;
  }

  private collectOutputs(): Map<string, Memory> {
    const outputs = new Map<string, Memory>();
    for (const [name, t] of this.program.tensors.outputs) {
      const memory = this.values.get(t);
      if (isFill(t.node)) outputs.set(name, this.fill(t));
      else if (memory && this.owned.delete(t)) {
        memory.holders++; // The run gives up its own hold at the end.
        outputs.set(name, memory);
      } else outputs.set(name, this.copy(t, memory ? view(t, memory) : t.node.data!));
    }
    return outputs;
  }

  private copy(t: Tensor, data: TensorData): Memory {
    const memory = this.allocate(t);
    view(t, memory).set(data);
    return memory;
  }
}

/**
 * The Node binding copies every output into a new ArrayBuffer, also one that it has just written into our fetch. Large
 * copies are freed at once, where the engine can (Node 22), instead of at some later garbage collection.
 */
function discard(copies: InferenceSession.ReturnType): void {
  for (const copy of Object.values(copies)) {
    const { buffer } = copy.data as { buffer: ArrayBuffer & { transfer?(length: number): ArrayBuffer } };
    if (buffer.byteLength >= 2 ** 16) buffer.transfer?.(0);
  }
}

const view = (t: Tensor, memory: Memory): TensorData => (t.dtype === 'i32' ? memory.i32 : memory.f32);

/**
 * Runs a program. The run holds every input memory once (a donated one alone) and gives up all holds, also on failure; the
 * returned memories have one holder, the caller.
 */
export async function runProgram(
  device: OnnxDevice,
  program: OnnxProgram,
  inputs: ReadonlyMap<string, Memory>,
): Promise<Map<string, Memory>> {
  try {
    return await new Run(device, program, inputs).execute();
  } catch (cause) {
    if (isOrzError(cause)) throw cause;
    throw new OrzError(
      'ORZ_INTERNAL',
      `program "${program.label}" failed in ONNX Runtime: ${(cause as Error).message}`,
      { origin: `onnx (${device.provider})`, cause },
    );
  }
}
