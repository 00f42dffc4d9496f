import type { InferenceSession } from 'onnxruntime-common';
import type { CompileOptions, Program, TensorSpec } from '../../core/contracts/backend.js';
import { decomposeMacroOps } from '../../core/compute/tensor/decompose.js';
import type { Graph, Node, Tensor } from '../../core/compute/tensor/graph.js';
import { programSignature, type ProgramSignature } from '../../core/compute/tensor/program-checks.js';
import type { OnnxDevice } from './device.js';
import { hostKernels, type HostKernel } from './host/kernels.js';
import { lowerModel, type LoweredModel } from './lower/lower.js';
import { lowerings } from './lower/operations.js';
import { mergeScatters } from './lower/rewrite.js';
import { scheduleSteps, type Step } from './schedule.js';

/** One part of a program, ready to be executed. */
export type Stage =
  | { readonly kind: 'session'; readonly session: InferenceSession; readonly model: LoweredModel }
  | { readonly kind: 'host'; readonly node: Node; readonly kernel: HostKernel; readonly inputs: readonly Tensor[] };

/** A graph cut into ONNX sessions and host kernels, in order of execution. */
export class OnnxProgram implements Program, ProgramSignature {
  readonly label: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly donated: ReadonlySet<string>;
  released = false;
  /** Index of the last stage that reads a tensor; infinite for program outputs. */
  readonly lastUse = new Map<Tensor, number>();
  /** For each stage the tensors that it is the last to read. */
  readonly done: readonly (readonly Tensor[])[];

  constructor(
    signature: ProgramSignature,
    /** Input tensors by name, and the tensor that holds the elements of each output. */
    readonly tensors: { readonly inputs: ReadonlyMap<string, Tensor>; readonly outputs: ReadonlyMap<string, Tensor> },
    readonly stages: readonly Stage[],
    private readonly onRelease: (program: OnnxProgram) => Promise<void>,
  ) {
    ({ label: this.label, inputs: this.inputs, outputs: this.outputs, donated: this.donated } = signature);
    for (const [i, stage] of stages.entries()) {
      const reads = stage.kind === 'host' ? stage.inputs : stage.model.feeds.map((feed) => feed.tensor);
      for (const t of reads) this.lastUse.set(t, i);
    }
    for (const t of tensors.outputs.values()) this.lastUse.set(t, Infinity);
    this.done = stages.map((_, i) => [...this.lastUse].filter(([, stage]) => stage === i).map(([t]) => t));
  }

  /** Frees the sessions, once submitted work is done. */
  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    await this.onRelease(this);
  }
}

/** Decomposes macro-operations without a kernel here, cuts the graph and creates the sessions. */
export async function compileProgram(
  device: OnnxDevice,
  graph: Graph,
  options: CompileOptions,
  onRelease: (program: OnnxProgram) => Promise<void>,
): Promise<OnnxProgram> {
  const signature = programSignature(graph, options);
  const decomposed = mergeScatters(decomposeMacroOps(graph, (op) => op.name in hostKernels || op.name in lowerings));
  const schedule = scheduleSteps(decomposed, !device.readsBf16);
  const stages: Stage[] = [];
  try {
    for (const step of schedule.steps)
      stages.push(step.kind === 'host' ? step : await createSession(device, options.label, step));
  } catch (error) {
    for (const stage of stages) if (stage.kind === 'session') await stage.session.release();
    throw error;
  }
  const tensors = { inputs: decomposed.inputs, outputs: schedule.outputs };
  return new OnnxProgram(signature, tensors, stages, onRelease);
}

async function createSession(device: OnnxDevice, label: string, step: Step & { kind: 'session' }): Promise<Stage> {
  const threads = device.threadsFor(step.nodes);
  const model = lowerModel(label, step.nodes, step.writes, device.target(threads));
  return { kind: 'session', model, session: await device.createSession(model.bytes, label, threads) };
}
