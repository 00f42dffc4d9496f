import { buffersOf, gridOf, maxWorkgroups, type Workgroups } from '../lower/kernel.js';
import { mathFor } from './math.js';
import { count } from './repeat.js';
import type { Value } from '../lower/value.js';

/** One binding of a kernel: a value (or one of several that share memory), or one part of a value that is too long for one buffer. */
export interface Binding {
  readonly value: Value;
  readonly part: number;
}

/** How a kernel sees the elements of a value: one by one, four at a time, or words as pairs of f16. */
type View = 'elements' | 'vectors' | 'halves';

/** A value with its bindings: one, or one for each of `parts`. */
interface Bound {
  readonly value: Value;
  readonly name: string;
  readonly parts: readonly number[];
  readonly view: View;
  writable: boolean;
}

/** What a kernel's text depends on beside the kernel. */
export interface SourceOptions {
  /** Which values share memory: they share a binding, as WebGPU allows no other way to write what is read. */
  readonly memoryOf: (value: Value) => number;
  /** Elements that one buffer can hold. */
  readonly partLength: number;
  /** For a kernel that runs part by part: which elements this one computes. It binds no more than these of values that it reads or writes at its own element. */
  readonly part?: number;
}

/** Invocations of a workgroup of a kernel with one element to an invocation. */
const threads = 64;

/** Workgroups of a kernel with one element to an invocation. */
export const workgroupsPerElement = (count: number): Workgroups => gridOf(Math.ceil(count / threads));

/** The parts of a value, by number. */
const partNumbersOf = (value: Value, partLength: number): number[] => count(buffersOf(value.size, 4 * partLength));

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

  constructor(private readonly options: SourceOptions) {}

  /** All bindings in the order of their numbers. */
  get bindings(): Binding[] {
    return [...this.bound.values()].flatMap(({ value, parts }) => parts.map((part) => ({ value, part })));
  }

  /** An expression for one element. */
  load(value: Value, index: string): string {
    const bound = this.bindFor(value, index),
      element = bound.parts.length === 1 ? this.element(bound, index) : `load_${bound.name}(${index})`;
    return value.dtype === 'bool' ? `(${element} != 0)` : element;
  }

  /** A statement that stores one element. */
  store(value: Value, index: string, expression: string): string {
    const bound = this.bindFor(value, index),
      stored = value.dtype === 'bool' ? `select(0, 1, ${expression})` : expression;
    bound.writable = true;
    return bound.parts.length === 1
      ? `${this.element(bound, index)} = ${stored};`
      : `store_${bound.name}(${index}, ${stored});`;
  }

  private element({ name, parts }: Bound, index: string): string {
    return `${name}[${parts[0] === 0 ? index : `${index} - ${parts[0]! * this.options.partLength}u`}]`;
  }

  /** Whether a value can be read four elements at a time: f32 in one buffer, a multiple of four. The kernel must not write its memory. */
  hasVectors(value: Value): boolean {
    return value.dtype === 'f32' && value.size % 4 === 0 && value.size <= this.options.partLength;
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

  /** All parts of a value, or in a kernel that runs part by part only its own, where `index` is that of its own element. */
  private bindFor(value: Value, index: string): Bound {
    const { part, partLength } = this.options;
    // A value shorter than the kernel's elements, such as the first of a concatenation, is not really read in parts beyond its last.
    return part !== undefined && index === 'i' && value.size > partLength
      ? this.bind(value, 'elements', [Math.min(part, partNumbersOf(value, partLength).length - 1)])
      : this.bind(value);
  }

  private bind(value: Value, view: View = 'elements', parts = partNumbersOf(value, this.options.partLength)): Bound {
    const key = `${this.options.memoryOf(value)} ${view} ${parts.join()}`;
    let bound = this.bound.get(key);
    if (!bound) this.bound.set(key, (bound = { value, name: `b${this.bound.size}`, parts, view, writable: false }));
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
    const subgroups = this.extensions.has('subgroups')
      ? ', @builtin(subgroup_id) subgroup: u32, @builtin(subgroup_invocation_id) subgroup_lane: u32, @builtin(subgroup_size) subgroup_size: u32'
      : '';
    this.entry = `@compute @workgroup_size(${workgroup.join(', ')})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) lane: u32${subgroups}) {
${body}
}`;
  }

  /** The entry point of a kernel with one element to an invocation, which sees its number as `i`; `body` may return. */
  perElement(count: number, body: string): void {
    const { part = 0, partLength } = this.options,
      first = part * partLength,
      end = this.options.part === undefined ? count : Math.min(count, first + partLength);
    this.main(
      [threads],
      `let i = (group.x + group.y * ${maxWorkgroups}u) * ${threads}u + lane${first === 0 ? '' : ` + ${first}u`};
if (i >= ${end}u) { return; }
${body}`,
    );
  }

  /** The whole shader. */
  text(): string {
    let next = 0;
    const buffers = [...this.bound.values()].flatMap((bound) => {
      const type = { elements: storedType[bound.value.dtype], vectors: 'vec4f', halves: 'f16' }[bound.view],
        mode = bound.writable ? 'read_write' : 'read';
      const names = bound.parts.map((part) => (bound.parts.length === 1 ? bound.name : `${bound.name}_${part}`));
      const variables = names.map(
        (name) => `@group(0) @binding(${next++}) var<storage, ${mode}> ${name}: array<${type}>;`,
      );
      return bound.parts.length === 1 ? variables : [...variables, ...this.accessors(bound, names, type)];
    });
    const code = [...this.declarations, this.entry].join('\n');
    return [...[...this.extensions].map((name) => `enable ${name};`), ...buffers, mathFor(code), code]
      .filter((part) => part !== '')
      .join('\n');
  }

  /** Functions that find the part an element lies in. */
  private accessors({ name, writable }: Bound, names: readonly string[], type: string): string[] {
    const choose = (statement: (part: string, index: string) => string): string =>
      names
        .map((part, i) => {
          const index = i === 0 ? 'i' : `i - ${i * this.options.partLength}u`;
          return i === names.length - 1
            ? statement(part, index)
            : `if (i < ${(i + 1) * this.options.partLength}u) { ${statement(part, index)} }`;
        })
        .join(' ');
    const load = `fn load_${name}(i: u32) -> ${type} { ${choose((part, index) => `return ${part}[${index}];`)} }`;
    return writable
      ? [load, `fn store_${name}(i: u32, x: ${type}) { ${choose((part, index) => `${part}[${index}] = x; return;`)} }`]
      : [load];
  }
}
