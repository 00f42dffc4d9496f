/// <reference types="@webgpu/types" />
import type { CompileOptions, Program, TensorSpec } from '../../core/contracts/backend.js';
import { OrzError } from '../../core/errors.js';
import type { Graph } from '../../core/tensor/graph.js';
import { programSignature, type ProgramSignature } from '../../core/tensor/program-checks.js';
import type { TensorData } from '../../core/tensor/types.js';
import type { WebGpuDevice } from './device/device.js';
import { KernelSource } from './kernels/source.js';
import type { Workgroups } from './lower/kernel.js';
import { lower } from './lower/lower.js';
import { planMemory, type Slot } from './lower/memory-plan.js';
import { sizeClass } from './memory/pool.js';

/** One dispatch of a program, ready to run. */
export interface Step {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly workgroups: Workgroups;
  /** Slot and bytes of each binding. */
  readonly bindings: readonly { readonly slot: number; readonly bytes: number }[];
  /** Bind groups by the buffers they bind: a program mostly meets the same ones again. */
  readonly bindGroups: Map<string, GPUBindGroup>;
}

/** A graph as pipelines and a plan of its memory. */
export class WebGpuProgram implements Program, ProgramSignature {
  readonly label: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly donated: ReadonlySet<string>;
  released = false;

  constructor(
    readonly owner: object,
    signature: ProgramSignature,
    readonly steps: readonly Step[],
    readonly slots: readonly Slot[],
    /** Slot of each output. */
    readonly results: ReadonlyMap<string, number>,
    /** Buffers of constants by slot. */
    readonly constants: ReadonlyMap<number, GPUBuffer>,
    private readonly onRelease: (program: WebGpuProgram) => void,
  ) {
    this.label = signature.label;
    this.inputs = signature.inputs;
    this.outputs = signature.outputs;
    this.donated = signature.donated;
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    this.onRelease(this);
  }
}

/** Lowers a graph, plans its memory and compiles its kernels, all at the same time. */
export async function compileProgram(device: WebGpuDevice, owner: object, graph: Graph, options: CompileOptions, onRelease: (program: WebGpuProgram) => void): Promise<WebGpuProgram> {
  device.assertUsable();
  const signature = programSignature(graph, options);
  const lowered = lower(graph, device.target);
  const plan = planMemory({ ...lowered, donated: signature.donated, sizeOf: (elements) => sizeClass(4 * elements) });
  const steps = await Promise.all(plan.kernels.map(async (kernel): Promise<Step> => {
    const source = new KernelSource((value) => plan.slotOf(value));
    kernel.write(source);
    if (kernel.workgroups.some((n) => n > 65_535)) throw new OrzError('ORZ_INSUFFICIENT', `the kernel "${kernel.label}" of program "${options.label}" needs ${kernel.workgroups.join(' × ')} workgroups`, { allowed: 'at most 65535 along each axis', remedy: 'lower engine.microBatchTokens' });
    return {
      label: kernel.label, workgroups: kernel.workgroups, pipeline: await device.pipeline(kernel.label, source.text()),
      bindings: source.bindings.map(({ value }) => ({ slot: plan.slotOf(value), bytes: 4 * value.size })), bindGroups: new Map(),
    };
  }));
  const constants = new Map(plan.slots.flatMap((slot, i) => (slot.kind === 'constant' ? [[i, upload(device, slot.value.name, slot.value.constant!)] as const] : [])));
  const results = new Map([...lowered.outputs].map(([name, value]) => [name, plan.slotOf(value)]));
  return new WebGpuProgram(owner, signature, steps, plan.slots, results, constants, onRelease);
}

function upload(device: WebGpuDevice, name: string, data: TensorData): GPUBuffer {
  const buffer = device.pool.take(data.byteLength, `constant ${name}`);
  device.gpu.queue.writeBuffer(buffer, 0, data);
  return buffer;
}
