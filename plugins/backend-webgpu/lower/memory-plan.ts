import type { Kernel } from './kernel.js';
import type { Value } from './value.js';

/** Where a piece of a program's memory comes from. */
export type Slot =
  | { readonly kind: 'input'; readonly name: string; readonly donated: boolean }
  | { readonly kind: 'constant'; readonly value: Value }
  /** A form of an input, made once and kept with its buffer. */
  | { readonly kind: 'kept'; readonly input: string; readonly form: string; readonly bytes: number }
  | { readonly kind: 'fresh'; readonly bytes: number };

export interface MemoryPlan {
  readonly slots: readonly Slot[];
  /** Kernels that remain: copies between values that share memory are gone. */
  readonly kernels: readonly Kernel[];
  slotOf(value: Value): number;
}

export interface PlannedProgram {
  readonly kernels: readonly Kernel[];
  readonly inputs: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlyMap<string, Value>;
  readonly donated: ReadonlySet<string>;
  /** Size of the memory that a value of so many elements gets; only memory of equal size is used again. */
  readonly sizeOf: (elements: number) => number;
}

/**
 * Gives each value memory for its life, from the kernel that computes it to the last one that reads it. Memory of dead values and of
 * donated inputs is used again; a kernel writes into memory that it reads only if it reads no other element than the one it writes.
 */
export function planMemory(program: PlannedProgram): MemoryPlan {
  const planner = new Planner(program);
  const kernels = program.kernels.filter((kernel, k) => planner.place(kernel, k));
  return { slots: planner.slots, kernels, slotOf: (value) => planner.slotOf.get(value)! };
}

class Planner {
  readonly slots: Slot[] = [];
  readonly slotOf = new Map<Value, number>();
  private readonly lastUse = new Map<Value, number>();
  private readonly free = new Map<number, number[]>();
  /** Slots whose present value nobody else sees, by that value. */
  private readonly owned = new Map<number, Value>();

  constructor(private readonly program: PlannedProgram) {
    program.kernels.forEach((kernel, k) => {
      for (const value of [...kernel.reads.keys(), ...kernel.writes]) this.lastUse.set(value, k);
    });
    for (const value of program.outputs.values()) this.lastUse.set(value, Infinity);
    for (const [name, value] of program.inputs) {
      const slot = this.add(value, { kind: 'input', name, donated: program.donated.has(name) });
      if (program.donated.has(name)) this.owned.set(slot, value);
    }
  }

  /** Places what a kernel writes; false if the kernel has nothing to do. */
  place(kernel: Kernel, k: number): boolean {
    for (const value of kernel.reads.keys())
      if (value.constant && !this.slotOf.has(value)) this.add(value, { kind: 'constant', value });
    let isCopyInPlace = false;
    for (const value of kernel.writes) {
      if (this.slotOf.has(value) || this.keep(value)) continue;
      const source = [...kernel.reads].find(
        ([read, access]) => access === 'own element' && this.mayTakeOver(read, value, k),
      )?.[0];
      if (source) {
        this.assign(value, this.slotOf.get(source)!);
        isCopyInPlace = 'copies' in kernel;
      } else {
        this.assign(value, this.take(value));
      }
    }
    this.releaseAfter(kernel, k);
    return !isCopyInPlace;
  }

  /** Whether a value is a form of an input that outlives this program. */
  private keep(value: Value): boolean {
    const slot = value.derived && this.slots[this.slotOf.get(value.derived.from) ?? -1];
    if (slot?.kind !== 'input' || slot.donated) return false;
    this.add(value, {
      kind: 'kept',
      input: slot.name,
      form: value.derived!.form,
      bytes: this.program.sizeOf(value.size),
    });
    return true;
  }

  private mayTakeOver(read: Value, value: Value, k: number): boolean {
    const slot = this.slotOf.get(read);
    return (
      slot !== undefined &&
      this.owned.get(slot) === read &&
      this.lastUse.get(read) === k &&
      read.size === value.size &&
      (read.dtype === 'f32') === (value.dtype === 'f32')
    );
  }

  private releaseAfter(kernel: Kernel, k: number): void {
    for (const value of [...kernel.reads.keys(), ...kernel.writes]) {
      const slot = this.slotOf.get(value);
      if (slot === undefined || this.owned.get(slot) !== value || this.lastUse.get(value) !== k) continue;
      this.owned.delete(slot);
      const size = this.program.sizeOf(value.size),
        list = this.free.get(size);
      if (list) list.push(slot);
      else this.free.set(size, [slot]);
    }
  }

  private take(value: Value): number {
    const bytes = this.program.sizeOf(value.size);
    return this.free.get(bytes)?.pop() ?? this.slots.push({ kind: 'fresh', bytes }) - 1;
  }

  private add(value: Value, slot: Slot): number {
    const index = this.slots.push(slot) - 1;
    this.slotOf.set(value, index);
    return index;
  }

  private assign(value: Value, slot: number): void {
    this.slotOf.set(value, slot);
    this.owned.set(slot, value);
  }
}
