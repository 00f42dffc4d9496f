import { buffersOf, gridOf, maxWorkgroups, type Workgroups } from '../lower/dispatch.js';
import type { Value } from '../lower/value.js';
import { mathFor } from './math.js';
import { range } from './repeat.js';

/** One binding: a value (or one of several that share memory), or one part of a value too long for one buffer. */
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
  /**
   * Which memory a value lies in: values that share memory share a binding, as WebGPU allows no other way to write what
   * is read.
   */
  readonly memoryOf: (value: Value) => number;
  /** Elements that one buffer can hold. */
  readonly partLength: number;
  /**
   * For a kernel that is dispatched part by part: which elements this one computes. It binds no more than these of
   * values that it reads or writes at its own element.
   */
  readonly part?: number;
}

/** Invocations of a workgroup of a kernel with one element per invocation. */
const threads = 64;

/** Workgroups of a kernel with one element per invocation. */
export const workgroupsPerElement = (count: number): Workgroups => gridOf(Math.ceil(count / threads));

/** The parts of a value, by number. */
const partNumbersOf = (value: Value, partLength: number): number[] => range(buffersOf(value.size, 4 * partLength));

const storedType = { f32: 'f32', i32: 'i32', bool: 'i32' } as const;

const parametersOfMain = [
  '@builtin(workgroup_id) group: vec3u',
  '@builtin(local_invocation_id) local: vec3u',
  '@builtin(local_invocation_index) lane: u32',
];
const subgroupParameters = [
  '@builtin(subgroup_id) subgroup: u32',
  '@builtin(subgroup_invocation_id) subgroup_lane: u32',
  '@builtin(subgroup_size) subgroup_size: u32',
];

/**
 * The WGSL of one kernel under construction. Names follow the order of first mention and carry no identity, so that
 * kernels with equal text share a pipeline, whatever program they belong to.
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
      element = this.element(bound, index) ?? `load_${bound.name}(${index})`;
    return value.dtype === 'bool' ? `(${element} != 0)` : element;
  }

  /** A statement that stores one element. */
  store(value: Value, index: string, expression: string): string {
    const bound = this.bindFor(value, index),
      stored = value.dtype === 'bool' ? `select(0, 1, ${expression})` : expression,
      element = this.element(bound, index);
    bound.writable = true;
    return element === undefined ? `store_${bound.name}(${index}, ${stored});` : `${element} = ${stored};`;
  }

  /** An element of a value with one binding; undefined if there are several. */
  private element({ name, parts }: Bound, index: string): string | undefined {
    const [part = 0, ...others] = parts;
    if (others.length > 0) return undefined;
    return `${name}[${part === 0 ? index : `${index} - ${part * this.options.partLength}u`}]`;
  }

  /**
   * Whether a value can be read four elements at a time: f32 in one buffer, a multiple of four. The kernel must not
   * write its memory.
   */
  hasVectors(value: Value): boolean {
    return value.dtype === 'f32' && value.size % 4 === 0 && value.size <= this.options.partLength;
  }

  /** An expression for elements 4 · index … 4 · index + 3 of a value that {@link hasVectors}. */
  loadVector(value: Value, index: string): string {
    return `${this.bind(value, 'vectors').name}[${index}]`;
  }

  /**
   * The name of an array<f16> twice as long as a value of i32 that lies in one buffer. The kernel must not write its
   * memory.
   */
  halves(value: Value): string {
    this.enable('f16');
    return this.bind(value, 'halves').name;
  }

  /**
   * All parts of a value, or in a kernel that is dispatched part by part only its own, if `index` is that of its own
   * element.
   */
  private bindFor(value: Value, index: string): Bound {
    const { part, partLength } = this.options;
    if (part === undefined || index !== 'i' || value.size <= partLength) return this.bind(value);
    // A value shorter than the kernel's elements, such as the first of a concatenation, is not really read in parts
    // beyond its last.
    const own = Math.min(part, partNumbersOf(value, partLength).length - 1);
    return this.bind(value, 'elements', [own]);
  }

  private bind(value: Value, view: View = 'elements', parts = partNumbersOf(value, this.options.partLength)): Bound {
    const key = `${this.options.memoryOf(value)} ${view} ${parts.join()}`,
      known = this.bound.get(key);
    if (known) return known;
    const bound = { value, name: `b${this.bound.size}`, parts, view, writable: false };
    this.bound.set(key, bound);
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
   * The entry point, which sees `group` (workgroup id), `local` (local id) and `lane` (index within the workgroup);
   * with subgroups enabled also `subgroup` (its index), `subgroup_lane` (index within it) and `subgroup_size`.
   */
  main(workgroup: readonly number[], body: string): void {
    const parameters = [...parametersOfMain, ...(this.extensions.has('subgroups') ? subgroupParameters : [])];
    this.entry = `@compute @workgroup_size(${workgroup.join(', ')})
fn main(${parameters.join(', ')}) {
${body}
}`;
  }

  /** The entry point of a kernel with one element per invocation, whose number it sees as `i`; `body` may return. */
  perElement(count: number, body: string): void {
    const { part = 0, partLength } = this.options,
      first = part * partLength,
      end = this.options.part === undefined ? count : Math.min(count, first + partLength);
    const own = `(group.x + group.y * ${maxWorkgroups}u) * ${threads}u + lane`;
    this.main(
      [threads],
      `let i = ${own}${first === 0 ? '' : ` + ${first}u`};
if (i >= ${end}u) { return; }
${body}`,
    );
  }

  /** The whole shader. */
  text(): string {
    const buffers: string[] = [];
    let next = 0;
    for (const bound of this.bound.values()) {
      const type = typeOf(bound),
        mode = bound.writable ? 'read_write' : 'read',
        names = namesOf(bound);
      for (const name of names)
        buffers.push(`@group(0) @binding(${next++}) var<storage, ${mode}> ${name}: array<${type}>;`);
      if (names.length > 1) buffers.push(...this.accessors(bound, names, type));
    }
    const code = [...this.declarations, this.entry].join('\n');
    return [...[...this.extensions].map((name) => `enable ${name};`), ...buffers, mathFor(code), code]
      .filter((part) => part !== '')
      .join('\n');
  }

  /** Functions that find the part an element lies in. */
  private accessors({ name, writable }: Bound, names: readonly string[], type: string): string[] {
    const { partLength } = this.options;
    const choose = (statement: (part: string, index: string) => string): string =>
      names
        .map((part, i) => {
          const access = statement(part, i === 0 ? 'i' : `i - ${i * partLength}u`);
          return i === names.length - 1 ? access : `if (i < ${(i + 1) * partLength}u) { ${access} }`;
        })
        .join(' ');
    const load = `fn load_${name}(i: u32) -> ${type} { ${choose((part, index) => `return ${part}[${index}];`)} }`;
    if (!writable) return [load];
    const store = choose((part, index) => `${part}[${index}] = x; return;`);
    return [load, `fn store_${name}(i: u32, x: ${type}) { ${store} }`];
  }
}

const typeOf = ({ value, view }: Bound): string =>
  ({ elements: storedType[value.dtype], vectors: 'vec4f', halves: 'f16' })[view];

const namesOf = ({ name, parts }: Bound): string[] =>
  parts.length === 1 ? [name] : parts.map((part) => `${name}_${part}`);
