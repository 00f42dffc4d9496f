/// <reference types="@webgpu/types" />
import type { CompileOptions, Program, TensorSpec } from '../../core/contracts/backend.js';
import { OrzError } from '../../core/errors.js';
import type { Graph } from '../../core/compute/tensor/graph.js';
import { programSignature, type ProgramSignature } from '../../core/compute/tensor/program-checks.js';
import type { TensorData } from '../../core/compute/tensor/types.js';
import type { WebGpuDevice } from './device/device.js';
import { KernelSource, workgroupsPerElement } from './kernels/source.js';
import { buffersOf, maxWorkgroups, type Kernel, type Workgroups } from './lower/kernel.js';
import { lower } from './lower/lower.js';
import { planMemory, type MemoryPlan, type Slot } from './lower/memory-plan.js';
import { partsOf, type Memory } from './memory/pool.js';

/** One dispatch of a program, ready to run. */
export interface Step {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly workgroups: Workgroups;
  /** Slot of each binding, which of its buffers, and the bytes used there. */
  readonly bindings: readonly { readonly slot: number; readonly part: number; readonly bytes: number }[];
  /** Slots of the forms of inputs that it makes; it is left out where they are there already. */
  readonly makes: readonly number[];
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
    readonly constants: ReadonlyMap<number, Memory>,
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
export async function compileProgram(
  device: WebGpuDevice,
  owner: object,
  graph: Graph,
  options: CompileOptions,
  onRelease: (program: WebGpuProgram) => void,
): Promise<WebGpuProgram> {
  device.assertUsable();
  const signature = programSignature(graph, options);
  const lowered = lower(graph, device.target);
  const plan = planMemory({
    ...lowered,
    donated: signature.donated,
    sizeOf: (elements) => device.pool.sizeOf(4 * elements),
  });
  const steps = (
    await Promise.all(plan.kernels.map((kernel) => compileKernel(device, options.label, kernel, plan)))
  ).flat();
  const constants = new Map(
    plan.slots.flatMap((slot, i) =>
      slot.kind === 'constant' ? [[i, upload(device, slot.value.name, slot.value.constant!)] as const] : [],
    ),
  );
  const results = new Map([...lowered.outputs].map(([name, value]) => [name, plan.slotOf(value)]));
  return new WebGpuProgram(owner, signature, steps, plan.slots, results, constants, onRelease);
}

/** One dispatch, or one for each part of the elements where a kernel can do with that. */
function compileKernel(device: WebGpuDevice, program: string, kernel: Kernel, plan: MemoryPlan): Promise<Step[]> {
  const { elements = 0 } = kernel,
    { largestBuffer } = device.target,
    partLength = largestBuffer / 4,
    parts = buffersOf(elements, largestBuffer);
  if (parts <= 1) return Promise.all([compileStep(device, program, kernel, plan)]);
  return Promise.all(
    Array.from({ length: parts }, (_, part) =>
      compileStep(
        device,
        program,
        { ...kernel, workgroups: workgroupsPerElement(Math.min(partLength, elements - part * partLength)) },
        plan,
        part,
      ),
    ),
  );
}

async function compileStep(
  device: WebGpuDevice,
  program: string,
  kernel: Kernel,
  plan: MemoryPlan,
  part?: number,
): Promise<Step> {
  const { largestBuffer, maxBindings } = device.target;
  const source = new KernelSource({
    memoryOf: (value) => plan.slotOf(value),
    partLength: largestBuffer / 4,
    ...(part !== undefined && { part }),
  });
  kernel.write(source);
  const { bindings } = source;
  if (bindings.length > maxBindings || kernel.workgroups.some((n) => n > maxWorkgroups)) {
    throw new OrzError(
      'ORZ_INSUFFICIENT',
      `the kernel "${kernel.label}" of program "${program}" needs ${bindings.length} buffers and ${kernel.workgroups.join(' × ')} workgroups`,
      {
        value: bindings.length,
        allowed: `at most ${maxBindings} buffers of ${largestBuffer} bytes, and ${maxWorkgroups} workgroups along an axis`,
        origin: 'webgpu device limits',
        remedy: 'lower engine.microBatchTokens, choose a smaller model, or use a device with larger buffers',
      },
    );
  }
  return {
    label: kernel.label,
    workgroups: kernel.workgroups,
    pipeline: await device.pipeline(kernel.label, source.text()),
    bindGroups: new Map(),
    makes: kernel.writes.map((value) => plan.slotOf(value)).filter((slot) => plan.slots[slot]!.kind === 'kept'),
    bindings: bindings.map(({ value, part }) => ({
      slot: plan.slotOf(value),
      part,
      bytes: Math.min(largestBuffer, 4 * value.size - part * largestBuffer),
    })),
  };
}

function upload(device: WebGpuDevice, name: string, data: TensorData): Memory {
  const memory = device.pool.take(data.byteLength, `constant ${name}`);
  for (const { buffer, at, start, end } of partsOf(memory, 0, data.byteLength))
    device.gpu.queue.writeBuffer(buffer, at, data.subarray(start / 4, end / 4));
  return memory;
}
