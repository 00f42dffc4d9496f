/// <reference types="@webgpu/types" />
import { elementAt, zip } from '../../core/arrays.js';
import type { TensorSpec } from '../../core/contracts/backend.js';
import type { WebGpuDevice } from './device/device.js';
import { missing } from './errors.js';
import type { Allocation } from './lower/memory-layout.js';
import type { Memory } from './memory/pool.js';
import type { Step, WebGpuProgram } from './program.js';

/** Bind groups that a step keeps; more appear only where a program always meets other buffers. */
const maximumBindGroups = 64;

const identities = new WeakMap<GPUBuffer, number>();
let nextIdentity = 0;
function identity(buffer: GPUBuffer): number {
  const known = identities.get(buffer);
  if (known !== undefined) return known;
  identities.set(buffer, nextIdentity);
  return nextIdentity++;
}

/** The memory of an input, and other forms of its contents that programs have made. */
export interface BoundInput {
  readonly memory: Memory;
  readonly forms: Map<string, Memory>;
}

/**
 * Submits all kernels of a program as one piece of work and returns the memory of the outputs, which the caller owns.
 * Donated memory must be in `inputs` and nowhere else. Everything else is released to the pool at once: the queue is
 * executed in order.
 */
export function executeProgram(
  device: WebGpuDevice,
  program: WebGpuProgram,
  inputs: ReadonlyMap<string, BoundInput>,
): Map<TensorSpec, Memory> {
  const { allocations, results, steps: allSteps } = program.compiled;
  const { memory, present } = allocate(device, program, inputs);
  const steps = allSteps.filter(({ makes }) => makes.length === 0 || !makes.every((index) => present.has(index)));
  submit(device, program.label, steps, memory);
  const kept = new Set(results.values());
  for (const [allocation, allocated, index] of zip(allocations, memory)) {
    const isOwned = allocation.kind === 'fresh' || (allocation.kind === 'input' && allocation.donated);
    if (isOwned && !kept.has(index)) device.pool.release(allocated);
  }
  const outputs = new Map<TensorSpec, Memory>();
  for (const spec of program.outputs) {
    const index = results.get(spec.name);
    if (index === undefined) throw missing(`output "${spec.name}" of program "${program.label}"`);
    outputs.set(spec, elementAt(memory, index));
  }
  return outputs;
}

/** Memory for every allocation, and the cached ones whose contents exist already. */
function allocate(
  device: WebGpuDevice,
  program: WebGpuProgram,
  inputs: ReadonlyMap<string, BoundInput>,
): { readonly memory: readonly Memory[]; readonly present: ReadonlySet<number> } {
  const created = new Set<Memory>(),
    present = new Set<number>();
  const allocateNew = (bytes: number): Memory => device.pool.allocate(bytes, `memory of program "${program.label}"`);
  const inputNamed = (name: string): BoundInput => {
    const input = inputs.get(name);
    if (!input) throw missing(`memory for input "${name}"`);
    return input;
  };
  const memoryFor = (allocation: Allocation, index: number): Memory => {
    switch (allocation.kind) {
      case 'input':
        return inputNamed(allocation.name).memory;
      case 'constant': {
        const constant = program.compiled.constants.get(index);
        if (!constant) throw missing(`memory for constant ${allocation.value.name}`);
        return constant;
      }
      case 'fresh':
        return allocateNew(allocation.bytes);
      case 'cached': {
        const { forms } = inputNamed(allocation.input),
          known = forms.get(allocation.form);
        // Two inputs may be one buffer: then what is made for the first does not exist yet for the second.
        if (known && !created.has(known)) present.add(index);
        if (known) return known;
        const memory = allocateNew(allocation.bytes);
        created.add(memory);
        forms.set(allocation.form, memory);
        return memory;
      }
    }
  };
  return { memory: program.compiled.allocations.map(memoryFor), present };
}

function submit(device: WebGpuDevice, label: string, steps: readonly Step[], memory: readonly Memory[]): void {
  const encoder = device.gpu.createCommandEncoder({ label });
  const dispatch = (pass: GPUComputePassEncoder, step: Step): void => {
    pass.setPipeline(step.pipeline);
    pass.setBindGroup(0, bindGroupOf(device, step, memory));
    pass.dispatchWorkgroups(...step.workgroups);
  };
  if (device.profiler) device.profiler.encode(encoder, steps, dispatch);
  else {
    const pass = encoder.beginComputePass({ label });
    for (const step of steps) dispatch(pass, step);
    pass.end();
  }
  device.gpu.queue.submit([encoder.finish()]);
}

function bindGroupOf(device: WebGpuDevice, { pipeline, bindings, bindGroups }: Step, memory: readonly Memory[]) {
  const buffers = bindings.map(({ allocation, part }) => elementAt(elementAt(memory, allocation), part));
  const key = buffers.map(identity).join(),
    known = bindGroups.get(key);
  if (known) return known;
  const group = device.gpu.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [...zip(bindings, buffers)].map(([{ bytes }, buffer, binding]) => ({
      binding,
      resource: { buffer, size: bytes },
    })),
  });
  if (bindGroups.size >= maximumBindGroups) bindGroups.clear();
  bindGroups.set(key, group);
  return group;
}
