/// <reference types="@webgpu/types" />
import type { Memory } from './memory/pool.js';
import type { WebGpuDevice } from './device/device.js';
import type { Step, WebGpuProgram } from './program.js';

/** Bind groups that a step keeps; more appear only where a program runs with ever other buffers. */
const keptBindGroups = 64;

const identities = new WeakMap<GPUBuffer, number>();
let nextIdentity = 0;
function identity(buffer: GPUBuffer): number {
  let id = identities.get(buffer);
  if (id === undefined) identities.set(buffer, (id = nextIdentity++));
  return id;
}

/** The memory of an input, and other forms of its contents that programs have made. */
export interface BoundInput {
  readonly memory: Memory;
  readonly forms: Map<string, Memory>;
}

/**
 * Submits all kernels of a program as one piece of work. Donated memory must be in `inputs` and nowhere else; what comes back is the
 * memory of the outputs. Everything else is given to the pool at once: the queue runs in order.
 */
export function runProgram(
  device: WebGpuDevice,
  program: WebGpuProgram,
  inputs: ReadonlyMap<string, BoundInput>,
): Map<string, Memory> {
  const take = (bytes: number): Memory => device.pool.take(bytes, `memory of program "${program.label}"`),
    made = new Set<Memory>(),
    present = new Set<number>();
  const memory = program.slots.map((slot, i): Memory => {
    if (slot.kind === 'input') return inputs.get(slot.name)!.memory;
    if (slot.kind === 'constant') return program.constants.get(i)!;
    if (slot.kind === 'fresh') return take(slot.bytes);
    const { forms } = inputs.get(slot.input)!,
      known = forms.get(slot.form);
    // Two inputs may be one buffer: then what is made for the first is not there yet for the second.
    if (known && !made.has(known)) present.add(i);
    if (known) return known;
    const fresh = take(slot.bytes);
    made.add(fresh);
    forms.set(slot.form, fresh);
    return fresh;
  });
  const steps = program.steps.filter(({ makes }) => makes.length === 0 || !makes.every((slot) => present.has(slot)));
  const encoder = device.gpu.createCommandEncoder({ label: program.label });
  if (device.profiler) device.profiler.encode(encoder, steps, (pass, step) => dispatch(device, pass, step, memory));
  else {
    const pass = encoder.beginComputePass({ label: program.label });
    for (const step of steps) dispatch(device, pass, step, memory);
    pass.end();
  }
  device.gpu.queue.submit([encoder.finish()]);
  const kept = new Set(program.results.values());
  program.slots.forEach((slot, i) => {
    if (!kept.has(i) && (slot.kind === 'fresh' || (slot.kind === 'input' && slot.donated)))
      device.pool.give(memory[i]!);
  });
  return new Map([...program.results].map(([name, slot]) => [name, memory[slot]!]));
}

function dispatch(device: WebGpuDevice, pass: GPUComputePassEncoder, step: Step, memory: readonly Memory[]): void {
  pass.setPipeline(step.pipeline);
  pass.setBindGroup(0, bindGroupOf(device, step, memory));
  pass.dispatchWorkgroups(...step.workgroups);
}

function bindGroupOf(device: WebGpuDevice, step: Step, memory: readonly Memory[]): GPUBindGroup {
  const key = step.bindings.map(({ slot, part }) => identity(memory[slot]![part]!)).join();
  let group = step.bindGroups.get(key);
  if (!group) {
    group = device.gpu.createBindGroup({
      layout: step.pipeline.getBindGroupLayout(0),
      entries: step.bindings.map(({ slot, part, bytes }, binding) => ({
        binding,
        resource: { buffer: memory[slot]![part]!, size: bytes },
      })),
    });
    if (step.bindGroups.size >= keptBindGroups) step.bindGroups.clear();
    step.bindGroups.set(key, group);
  }
  return group;
}
