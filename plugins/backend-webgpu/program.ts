/// <reference types="@webgpu/types" />
import { elementAt } from '../../core/arrays.js';
import type { CompileOptions, Program, TensorSpec } from '../../core/contracts/backend.js';
import type { Graph } from '../../core/compute/tensor/graph.js';
import { programSignature, type ProgramSignature } from '../../core/compute/tensor/program-checks.js';
import type { TensorData } from '../../core/compute/tensor/types.js';
import type { WebGpuDevice } from './device/device.js';
import { kernelTooLarge } from './errors.js';
import { KernelSource, workgroupsPerElement } from './kernels/source.js';
import { buffersOf, maxWorkgroups, type Workgroups } from './lower/dispatch.js';
import type { Kernel } from './lower/kernel.js';
import { lower } from './lower/lower.js';
import { layOutMemory, type Allocation, type MemoryLayout } from './lower/memory-layout.js';
import { partsOf, type Memory } from './memory/pool.js';

/** One binding of a step: an allocation of the program, which of its buffers, and the bytes used there. */
export interface StepBinding {
  readonly allocation: number;
  readonly part: number;
  readonly bytes: number;
}

/** One dispatch of a program. */
export interface Step {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly workgroups: Workgroups;
  readonly bindings: readonly StepBinding[];
  /** Cached allocations that it makes; it is left out where they exist already. */
  readonly makes: readonly number[];
  /** Bind groups by the buffers they bind: a program mostly meets the same ones again. */
  readonly bindGroups: Map<string, GPUBindGroup>;
}

/** A graph as pipelines and a layout of its memory. */
export interface CompiledGraph {
  readonly steps: readonly Step[];
  readonly allocations: readonly Allocation[];
  /** Index of the allocation of each output. */
  readonly results: ReadonlyMap<string, number>;
  /** Memory of constants by the index of their allocation. */
  readonly constants: ReadonlyMap<number, Memory>;
}

export class WebGpuProgram implements Program, ProgramSignature {
  readonly label: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly donated: ReadonlySet<string>;
  released = false;

  constructor(
    /** The backend that compiled it. */
    readonly owner: object,
    signature: ProgramSignature,
    readonly compiled: CompiledGraph,
    private readonly onRelease: (program: WebGpuProgram) => void,
  ) {
    ({ label: this.label, inputs: this.inputs, outputs: this.outputs, donated: this.donated } = signature);
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    this.onRelease(this);
  }
}

/** What compiles a program. */
interface CompileContext {
  readonly device: WebGpuDevice;
  /** The backend that compiles. */
  readonly owner: object;
  readonly onRelease: (program: WebGpuProgram) => void;
}

/** Lowers a graph, lays out its memory and compiles its kernels, all at the same time. */
export async function compileProgram(
  graph: Graph,
  options: CompileOptions,
  { device, owner, onRelease }: CompileContext,
): Promise<WebGpuProgram> {
  device.assertUsable();
  const signature = programSignature(graph, options);
  const lowered = lower(graph, device.target);
  const layout = layOutMemory({
    ...lowered,
    donated: signature.donated,
    sizeOf: (elements) => device.pool.sizeOf(4 * elements),
  });
  const compiler = new KernelCompiler(device, options.label, layout);
  const steps = (await Promise.all(layout.kernels.map((kernel) => compiler.compile(kernel)))).flat();
  const compiled = {
    steps,
    allocations: layout.allocations,
    results: new Map([...lowered.outputs].map(([name, value]) => [name, layout.allocationOf(value)])),
    constants: uploadConstants(device, layout),
  };
  return new WebGpuProgram(owner, signature, compiled, onRelease);
}

/** Compiles the kernels of one program. */
class KernelCompiler {
  constructor(
    private readonly device: WebGpuDevice,
    private readonly program: string,
    private readonly layout: MemoryLayout,
  ) {}

  /** One dispatch, or one for each part of the elements where a kernel can be dispatched so. */
  compile(kernel: Kernel): Promise<Step[]> {
    const { elements = 0 } = kernel,
      { partLength } = this,
      parts = buffersOf(elements, this.device.target.largestBuffer);
    if (parts <= 1) return Promise.all([this.compileStep(kernel)]);
    return Promise.all(
      Array.from({ length: parts }, (_, part) => {
        const length = Math.min(partLength, elements - part * partLength);
        return this.compileStep({ ...kernel, workgroups: workgroupsPerElement(length) }, part);
      }),
    );
  }

  /** Elements that one buffer can hold. */
  private get partLength(): number {
    return this.device.target.largestBuffer / 4;
  }

  private async compileStep(kernel: Kernel, part?: number): Promise<Step> {
    const { largestBuffer } = this.device.target,
      { allocations, allocationOf } = this.layout,
      { label, workgroups } = kernel;
    const source = new KernelSource({
      memoryOf: allocationOf,
      partLength: this.partLength,
      ...(part !== undefined && { part }),
    });
    kernel.write(source);
    const { bindings } = source;
    this.checkDemand(kernel, bindings.length);
    return {
      label,
      workgroups,
      pipeline: await this.device.pipeline(label, source.text()),
      bindGroups: new Map(),
      makes: kernel.writes.map(allocationOf).filter((index) => elementAt(allocations, index).kind === 'cached'),
      bindings: bindings.map((binding) => ({
        allocation: allocationOf(binding.value),
        part: binding.part,
        bytes: Math.min(largestBuffer, 4 * binding.value.size - binding.part * largestBuffer),
      })),
    };
  }

  /** Throws ORZ_INSUFFICIENT if the device cannot dispatch a kernel. */
  private checkDemand({ label, workgroups }: Kernel, bindings: number): void {
    const { largestBuffer, maxBindings } = this.device.target;
    if (bindings <= maxBindings && workgroups.every((n) => n <= maxWorkgroups)) return;
    throw kernelTooLarge({
      kernel: label,
      program: this.program,
      bindings,
      workgroups,
      maxBindings,
      largestBuffer,
      maxWorkgroups,
    });
  }
}

/** Memory with the constants of a program, by the index of their allocation. */
function uploadConstants(device: WebGpuDevice, { allocations }: MemoryLayout): Map<number, Memory> {
  const constants = new Map<number, Memory>();
  for (const [index, allocation] of allocations.entries()) {
    if (allocation.kind !== 'constant') continue;
    const { name, constant } = allocation.value;
    if (constant) constants.set(index, upload(device, name, constant));
  }
  return constants;
}

function upload(device: WebGpuDevice, name: string, data: TensorData): Memory {
  const memory = device.pool.allocate(data.byteLength, `constant ${name}`);
  for (const { buffer, offset, start, end } of partsOf(memory, 0, data.byteLength))
    device.gpu.queue.writeBuffer(buffer, offset, data.subarray(start / 4, end / 4));
  return memory;
}
