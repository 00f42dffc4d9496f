import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { zip } from '../../core/arrays.js';
import type { TensorSpec } from '../../core/contracts/backend.js';
import { isOrzError } from '../../core/errors.js';
import type { Tensor } from '../../core/compute/tensor/graph.js';
import type { OnnxDevice } from './device.js';
import { failedExecution, missingTensor } from './errors.js';
import type { LoweredModel } from './lower/lower.js';
import { byteSize, type HostData, type Memory } from './memory.js';
import { fillValueOf, isFill } from './schedule.js';
import type { OnnxProgram, Stage } from './program.js';

/** One execution of a program: keeps the memory of inputs and intermediate tensors until their last use. */
class Execution {
  private readonly values = new Map<Tensor, Memory>();
  /** Tensors whose memory nothing else refers to: it may be overwritten or handed over. */
  private readonly owned = new Set<Tensor>();

  constructor(
    private readonly device: OnnxDevice,
    private readonly program: OnnxProgram,
    inputs: ReadonlyMap<string, Memory>,
  ) {
    for (const [name, memory] of inputs) {
      const t = program.tensors.inputs.get(name);
      if (!t) throw missingTensor(`input "${name}"`);
      this.values.set(t, memory);
      if (program.donated.has(name) && memory.references === 1) this.owned.add(t);
    }
  }

  /** Memory of every output, with one reference each. */
  async execute(): Promise<Map<TensorSpec, Memory>> {
    try {
      for (const [i, stage] of this.program.stages.entries()) {
        if (stage.kind === 'session') await this.executeSession(stage);
        else this.executeKernel(stage, i);
        this.release(this.program.done[i] ?? []);
      }
      return this.collectOutputs();
    } finally {
      this.release([...this.values.keys()]);
    }
  }

  /** Of what a kernel has taken over in place nothing is left to release. */
  private release(tensors: readonly Tensor[]): void {
    for (const t of tensors) {
      const memory = this.values.get(t);
      if (!memory) continue;
      this.device.pool.release(memory);
      this.values.delete(t);
    }
  }

  private memoryOf(t: Tensor): Memory {
    const memory = this.values.get(t);
    if (!memory) throw missingTensor(describe(t));
    return memory;
  }

  private allocate(t: Tensor): Memory {
    return this.device.pool.allocate(byteSize(t.dtype, t.shape));
  }

  private async executeSession({ session, model }: Stage & { kind: 'session' }): Promise<void> {
    const { ort } = this.device;
    const feeds: Record<string, OrtTensor> = {};
    for (const { name, tensor } of model.feeds)
      feeds[name] = this.memoryOf(tensor).tensor(ort, tensor.dtype, tensor.shape);
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
      this.keep(tensor, this.device.pool.adopt(buffer));
    }
  }

  private keep(t: Tensor, memory: Memory): Memory {
    this.values.set(t, memory);
    this.owned.add(t);
    return memory;
  }

  private executeKernel({ node, kernel, inputs }: Stage & { kind: 'host' }, stage: number): void {
    const fills = new Map<Tensor, Memory>();
    for (const t of inputs) if (isFill(t.node) && !fills.has(t)) fills.set(t, this.fill(t));
    const memoryOf = (t: Tensor): Memory => fills.get(t) ?? this.memoryOf(t);
    const data = inputs.map((t) => t.node.data ?? view(t, memoryOf(t)));
    const outputs = node.outputs.map((output, i) => {
      const source = inputs[kernel.reuse[i] ?? -1];
      if (!source || !this.mayOverwrite(source, inputs, stage)) return this.keep(output, this.allocate(output));
      const memory = memoryOf(source);
      fills.delete(source);
      this.values.delete(source);
      return this.keep(output, memory);
    });
    try {
      kernel.execute(
        node,
        data,
        [...zip(node.outputs, outputs)].map(([t, memory]) => view(t, memory)),
      );
    } finally {
      for (const memory of fills.values()) this.device.pool.release(memory);
    }
  }

  /**
   * Only memory of this execution that is read here for the last time, and by this kernel once: a kernel that read it
   * through a second input would see its own writes.
   */
  private mayOverwrite(source: Tensor, inputs: readonly Tensor[], stage: number): boolean {
    if (inputs.filter((t) => t === source).length > 1) return false;
    return isFill(source.node) || (this.owned.has(source) && this.program.lastUse.get(source) === stage);
  }

  private fill(t: Tensor): Memory {
    const value = fillValueOf(t.node);
    if (value === undefined) throw missingTensor(describe(t));
    const memory = this.allocate(t);
    view(t, memory).fill(value);
    return memory;
  }

  private collectOutputs(): Map<TensorSpec, Memory> {
    const outputs = new Map<TensorSpec, Memory>();
    for (const spec of this.program.outputs) {
      const t = this.program.tensors.outputs.get(spec.name);
      if (!t) throw missingTensor(`output "${spec.name}"`);
      outputs.set(spec, this.outputMemory(t));
    }
    return outputs;
  }

  private outputMemory(t: Tensor): Memory {
    if (isFill(t.node)) return this.fill(t);
    const memory = this.values.get(t);
    if (memory && this.owned.delete(t)) {
      memory.references++; // This execution gives up its own reference at the end.
      return memory;
    }
    return this.copy(t, memory ? view(t, memory) : t.node.data);
  }

  private copy(t: Tensor, data: HostData | undefined): Memory {
    if (!data) throw missingTensor(describe(t));
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

const view = (t: Tensor, memory: Memory): HostData => memory.elements(t.dtype, t.shape);

const describe = ({ node, index }: Tensor): string => `output ${index} of node ${node.id} ("${node.op.name}")`;

/**
 * Executes a program. The caller passes one reference to every input memory (for a donated one the only reference);
 * all are released, also on failure. Each returned memory has one reference, which the caller owns.
 */
export async function executeProgram(
  device: OnnxDevice,
  program: OnnxProgram,
  inputs: ReadonlyMap<string, Memory>,
): Promise<Map<TensorSpec, Memory>> {
  try {
    return await new Execution(device, program, inputs).execute();
  } catch (cause) {
    throw isOrzError(cause) ? cause : failedExecution(program.label, device.provider, cause);
  }
}
