import { mathFor } from './math.js';
import type { Value } from '../lower/value.js';

/** One binding of a kernel: the value (or one of several that share memory) and whether it is written. */
export interface Binding { readonly value: Value; readonly writable: boolean }

const storedType = { f32: 'f32', i32: 'i32', bool: 'i32' } as const;

/**
 * The WGSL of one kernel under construction. Names follow the order of first mention and carry no identity, so that kernels with
 * equal text share a pipeline, whatever program they belong to.
 */
export class KernelSource {
  readonly bindings: { value: Value; writable: boolean }[] = [];
  private readonly names = new Map<number, string>();
  private readonly declarations: string[] = [];
  private entry = '';

  /** `memoryOf` tells which values share memory: they share a binding, as WebGPU allows no other way to write what is read. */
  constructor(private readonly memoryOf: (value: Value) => number) {}

  /** The name of the array that holds a value. */
  array(value: Value, mode: 'read' | 'write' = 'read'): string {
    const memory = this.memoryOf(value);
    let name = this.names.get(memory);
    if (name === undefined) {
      name = `b${this.bindings.length}`;
      this.names.set(memory, name);
      this.bindings.push({ value, writable: false });
    }
    if (mode === 'write') this.bindings[Number(name.slice(1))]!.writable = true;
    return name;
  }

  /** An expression for one element. */
  load(value: Value, index: string): string {
    const element = `${this.array(value)}[${index}]`;
    return value.dtype === 'bool' ? `(${element} != 0)` : element;
  }

  /** A statement that stores one element. */
  store(value: Value, index: string, expression: string): string {
    return `${this.array(value, 'write')}[${index}] = ${value.dtype === 'bool' ? `select(0, 1, ${expression})` : expression};`;
  }

  /** A declaration at module level, for example of workgroup memory. */
  declare(text: string): void {
    this.declarations.push(text);
  }

  /** The entry point; `group`, `local` and `lane` are its workgroup id, local id and index within the workgroup. */
  main(workgroup: readonly number[], body: string): void {
    this.entry = `@compute @workgroup_size(${workgroup.join(', ')})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) lane: u32) {
${body}
}`;
  }

  text(): string {
    const buffers = this.bindings.map(({ value, writable }, i) =>
      `@group(0) @binding(${i}) var<storage, ${writable ? 'read_write' : 'read'}> b${i}: array<${storedType[value.dtype]}>;`);
    const code = [...this.declarations, this.entry].join('\n');
    return [...buffers, mathFor(code), code].filter((part) => part !== '').join('\n');
  }
}

/** The linear index of an invocation for kernels with one item per invocation; returns if there is none. */
export const itemIndex = (threads: number, count: number, maxGroups: number): string =>
  `let i = (group.x + group.y * ${maxGroups}u) * ${threads}u + lane;\nif (i >= ${count}u) { return; }`;
