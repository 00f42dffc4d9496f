import { missing } from '../errors.js';
import type { Kernel } from './kernel.js';
import type { Value } from './value.js';

/** A piece of a program's memory: where it comes from at every execution. */
export type Allocation =
  | { readonly kind: 'input'; readonly name: string; readonly donated: boolean }
  | { readonly kind: 'constant'; readonly value: Value }
  /** A form of an input, made once and cached with its buffer. */
  | { readonly kind: 'cached'; readonly input: string; readonly form: string; readonly bytes: number }
  /** Allocated anew, for an output or an intermediate result. */
  | { readonly kind: 'fresh'; readonly bytes: number };

export interface MemoryLayout {
  readonly allocations: readonly Allocation[];
  /** Kernels that remain: copies between values that share memory are gone. */
  readonly kernels: readonly Kernel[];
  /** Index of the allocation in which a value lies. */
  allocationOf(value: Value): number;
}

/** What is laid out in memory. */
export interface LayoutInput {
  /** In order of execution. */
  readonly kernels: readonly Kernel[];
  readonly inputs: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlyMap<string, Value>;
  /** Names of donated inputs. */
  readonly donated: ReadonlySet<string>;
  /** Bytes allocated for a value of so many elements; memory is used again only for the same size. */
  readonly sizeOf: (elements: number) => number;
}

/**
 * Gives each value memory for its life, from the kernel that computes it to the last one that reads it. Memory of dead
 * values and of donated inputs is used again; a kernel writes into memory that it reads only if it reads no other
 * element than the one it writes.
 */
export function layOutMemory(input: LayoutInput): MemoryLayout {
  const builder = new LayoutBuilder(input);
  const kernels = input.kernels.filter((kernel, k) => builder.add(kernel, k));
  return { allocations: builder.allocations, kernels, allocationOf: (value) => builder.allocationOf(value) };
}

class LayoutBuilder {
  readonly allocations: Allocation[] = [];
  private readonly indices = new Map<Value, number>();
  /** Position of the last kernel that touches a value; infinite for outputs. */
  private readonly lastUse = new Map<Value, number>();
  /** Free allocations by size. */
  private readonly free = new Map<number, number[]>();
  /** Allocations whose present value nothing else refers to, by that value. */
  private readonly owned = new Map<number, Value>();

  constructor(private readonly input: LayoutInput) {
    for (const [k, kernel] of input.kernels.entries())
      for (const value of [...kernel.reads.keys(), ...kernel.writes]) this.lastUse.set(value, k);
    for (const value of input.outputs.values()) this.lastUse.set(value, Infinity);
    for (const [name, value] of input.inputs) {
      const donated = input.donated.has(name),
        index = this.append(value, { kind: 'input', name, donated });
      if (donated) this.owned.set(index, value);
    }
  }

  allocationOf(value: Value): number {
    const index = this.indices.get(value);
    if (index === undefined) throw missing(`memory for ${value.name}`);
    return index;
  }

  /** Lays out what kernel number `k` reads and writes; false if the kernel has nothing to do. */
  add(kernel: Kernel, k: number): boolean {
    for (const value of kernel.reads.keys())
      if (value.constant && !this.indices.has(value)) this.append(value, { kind: 'constant', value });
    let isCopyInPlace = false;
    for (const value of kernel.writes) {
      if (this.indices.has(value) || this.cache(value)) continue;
      const overwritten = [...kernel.reads].find(
        ([read, access]) => access === 'own element' && this.mayOverwrite(read, value, k),
      )?.[0];
      if (overwritten) {
        this.assign(value, this.allocationOf(overwritten));
        isCopyInPlace = 'copies' in kernel;
      } else {
        this.assign(value, this.allocate(value));
      }
    }
    this.releaseAfter(kernel, k);
    return !isCopyInPlace;
  }

  /** Caches a value with the buffer of an input if it is a form of it and that outlives the execution. */
  private cache(value: Value): boolean {
    const { derived } = value;
    if (!derived) return false;
    const source = this.allocations[this.indices.get(derived.from) ?? -1];
    if (source?.kind !== 'input' || source.donated) return false;
    const bytes = this.input.sizeOf(value.size);
    this.append(value, { kind: 'cached', input: source.name, form: derived.form, bytes });
    return true;
  }

  private mayOverwrite(read: Value, value: Value, k: number): boolean {
    const index = this.indices.get(read);
    return (
      index !== undefined &&
      this.owned.get(index) === read &&
      this.lastUse.get(read) === k &&
      read.size === value.size &&
      (read.dtype === 'f32') === (value.dtype === 'f32')
    );
  }

  private releaseAfter(kernel: Kernel, k: number): void {
    for (const value of [...kernel.reads.keys(), ...kernel.writes]) {
      const index = this.indices.get(value);
      if (index === undefined || this.owned.get(index) !== value || this.lastUse.get(value) !== k) continue;
      this.owned.delete(index);
      const size = this.input.sizeOf(value.size),
        list = this.free.get(size);
      if (list) list.push(index);
      else this.free.set(size, [index]);
    }
  }

  private allocate(value: Value): number {
    const bytes = this.input.sizeOf(value.size);
    return this.free.get(bytes)?.pop() ?? this.allocations.push({ kind: 'fresh', bytes }) - 1;
  }

  private append(value: Value, allocation: Allocation): number {
    const index = this.allocations.push(allocation) - 1;
    this.indices.set(value, index);
    return index;
  }

  private assign(value: Value, index: number): void {
    this.indices.set(value, index);
    this.owned.set(index, value);
  }
}
