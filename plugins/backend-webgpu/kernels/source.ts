import { mathFor } from './math.js';
import type { Value } from '../lower/value.js';

/** One binding of a kernel: a value (or one of several that share memory), or one part of a value that is too long for one buffer. */
export interface Binding { readonly value: Value; readonly part: number }

/** How a kernel sees the elements of a value: one by one, four at a time, or words as pairs of f16. */
type View = 'elements' | 'vectors' | 'halves';

/** A value with its bindings: one, or one for each part. */
interface Bound { readonly value: Value; readonly name: string; readonly parts: number; readonly view: View; writable: boolean }

const storedType = { f32: 'f32', i32: 'i32', bool: 'i32' } as const;

/**
 * The WGSL of one kernel under construction. Names follow the order of first mention and carry no identity, so that kernels with
 * equal text share a pipeline, whatever program they belong to.
 */
export class KernelSource {
  private readonly bound = new Map<string, Bound>();
  private readonly extensions = new Set<string>();
  private readonly declarations: string[] = [];
  private entry = '';

  /**
   * `memoryOf` tells which values share memory: they share a binding, as WebGPU allows no other way to write what is read.
   * `partLength` is the number of elements that one buffer can hold.
   */
  constructor(private readonly memoryOf: (value: Value) => number, private readonly partLength: number) {}

  /** All bindings in the order of their numbers. */
  get bindings(): Binding[] {
    return [...this.bound.values()].flatMap(({ value, parts }) => Array.from({ length: parts }, (_, part) => ({ value, part })));
  }

  /** An expression for one element. */
  load(value: Value, index: string): string {
    const { name, parts } = this.bind(value);
    const element = parts === 1 ? `${name}[${index}]` : `load_${name}(${index})`;
    return value.dtype === 'bool' ? `(${element} != 0)` : element;
  }

  /** A statement that stores one element. */
  store(value: Value, index: string, expression: string): string {
    const bound = this.bind(value), stored = value.dtype === 'bool' ? `select(0, 1, ${expression})` : expression;
    bound.writable = true;
    return bound.parts === 1 ? `${bound.name}[${index}] = ${stored};` : `store_${bound.name}(${index}, ${stored});`;
  }

  /** Whether a value can be read four elements at a time: f32 in one buffer, a multiple of four. The kernel must not write its memory. */
  hasVectors(value: Value): boolean {
    return value.dtype === 'f32' && value.size % 4 === 0 && value.size <= this.partLength;
  }

  /** An expression for elements 4 · index … 4 · index + 3 of a value that {@link hasVectors}. */
  loadVector(value: Value, index: string): string {
    return `${this.bind(value, 'vectors').name}[${index}]`;
  }

  /** The name of an array<f16> twice as long as a value of i32 that lies in one buffer. The kernel must not write its memory. */
  halves(value: Value): string {
    this.enable('f16');
    return this.bind(value, 'halves').name;
  }

  private bind(value: Value, view: View = 'elements'): Bound {
    const key = `${this.memoryOf(value)} ${view}`;
    let bound = this.bound.get(key);
    if (!bound) this.bound.set(key, (bound = { value, name: `b${this.bound.size}`, parts: Math.ceil(value.size / this.partLength), view, writable: false }));
    return bound;
  }

  /** Switches on an extension of WGSL, for example `subgroups`; the target says whether the device has it. */
  enable(extension: string): void {
    this.extensions.add(extension);
  }

  /** A declaration at module level, for example of workgroup memory. */
  declare(text: string): void {
    this.declarations.push(text);
  }

  /**
   * The entry point, which sees `group` (workgroup id), `local` (local id) and `lane` (index within the workgroup); with subgroups
   * enabled also `subgroup` (its index), `subgroup_lane` (index within it) and `subgroup_size`.
   */
  main(workgroup: readonly number[], body: string): void {
    const subgroups = this.extensions.has('subgroups') ? ', @builtin(subgroup_id) subgroup: u32, @builtin(subgroup_invocation_id) subgroup_lane: u32, @builtin(subgroup_size) subgroup_size: u32' : '';
    this.entry = `@compute @workgroup_size(${workgroup.join(', ')})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) lane: u32${subgroups}) {
${body}
}`;
  }

  /** The whole shader. */
  text(): string {
    let next = 0;
    const buffers = [...this.bound.values()].flatMap((bound) => {
      const type = { elements: storedType[bound.value.dtype], vectors: 'vec4f', halves: 'f16' }[bound.view], mode = bound.writable ? 'read_write' : 'read';
      const names = Array.from({ length: bound.parts }, (_, part) => (bound.parts === 1 ? bound.name : `${bound.name}_${part}`));
      const variables = names.map((name) => `@group(0) @binding(${next++}) var<storage, ${mode}> ${name}: array<${type}>;`);
      return bound.parts === 1 ? variables : [...variables, ...this.accessors(bound, names, type)];
    });
    const code = [...this.declarations, this.entry].join('\n');
    return [...[...this.extensions].map((name) => `enable ${name};`), ...buffers, mathFor(code), code].filter((part) => part !== '').join('\n');
  }

  /** Functions that find the part an element lies in. */
  private accessors({ name, writable }: Bound, names: readonly string[], type: string): string[] {
    const choose = (statement: (part: string, index: string) => string): string => names.map((part, i) => {
      const index = i === 0 ? 'i' : `i - ${i * this.partLength}u`;
      return i === names.length - 1 ? statement(part, index) : `if (i < ${(i + 1) * this.partLength}u) { ${statement(part, index)} }`;
    }).join(' ');
    const load = `fn load_${name}(i: u32) -> ${type} { ${choose((part, index) => `return ${part}[${index}];`)} }`;
    return writable ? [load, `fn store_${name}(i: u32, x: ${type}) { ${choose((part, index) => `${part}[${index}] = x; return;`)} }`] : [load];
  }
}
