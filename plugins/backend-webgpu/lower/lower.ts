import { elementAt, lastOf } from '../../../core/arrays.js';
import { decomposeMacroOps } from '../../../core/compute/tensor/decompose.js';
import type { Graph, Node, Tensor } from '../../../core/compute/tensor/graph.js';
import { missing, unknownOperation } from '../errors.js';
import { kernelOperations, type KernelOperation } from '../kernels/operations.js';
import { matmul } from '../kernels/product/matmul.js';
import { toHalves, type Halves } from '../kernels/product/halves.js';
import { productOf, type Factor, type Product } from '../kernels/product/product.js';
import { reduce } from '../kernels/reduce.js';
import { KernelSource } from '../kernels/source.js';
import { copy } from '../kernels/update.js';
import { analyse, type Analysis } from './analysis.js';
import { isPointwise } from './expression.js';
import { bindingsOf, type Kernel } from './kernel.js';
import { rewrite } from './rewrite.js';
import type { Target } from './target.js';
import { Group, unfused, type Context, type Producer, type Unit } from './unit.js';
import { isInline, Values, withoutReshape, type Value } from './value.js';

/** A graph as kernels in order of execution. */
export interface Lowered {
  readonly kernels: readonly Kernel[];
  readonly inputs: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlyMap<string, Value>;
}

/** Kernels that are not final yet: groups may grow, producers may join a group. */
type Draft = Unit | Group | Producer;

/** Inner extents below this are too short to be worth another form of the factors. */
const minimumHalfDepth = 32;
/** Bindings kept free for outputs that join a kernel later. */
const reserve = 2;

/**
 * Lowers a graph: macro-operations that have kernels use them, all others are decomposed, and element-wise operations
 * are fused.
 */
export function lower(graph: Graph, target: Target): Lowered {
  const decomposed = rewrite(decomposeMacroOps(graph, (op) => op.name in kernelOperations || op.name === 'rotary'));
  return new Lowering(decomposed, target).lower();
}

class Lowering implements Context {
  readonly values = new Values();
  private readonly analysis: Analysis;
  private readonly units = new Set<Draft>();
  /** The unit that computes a value. */
  private readonly writers = new Map<Value, Draft>();
  /** Factors in f16, by what they were made from and by form. */
  private readonly halves = new Map<Value, Map<string, Factor>>();

  constructor(
    private readonly graph: Graph,
    private readonly target: Target,
  ) {
    this.analysis = analyse(graph, {
      maxBindings: target.maxBindings - reserve,
      largestBuffer: target.largestBuffer,
    });
  }

  isStored(t: Tensor): boolean {
    return this.analysis.isStored(t);
  }

  lower(): Lowered {
    for (const node of this.analysis.nodes) this.add(node);
    this.addInlineOutputs();
    this.fuseProducers();
    const outputs = this.nameOutputs();
    return {
      kernels: this.order(),
      inputs: new Map([...this.graph.inputs].map(([name, t]) => [name, this.values.of(t)])),
      outputs,
    };
  }

  private add(node: Node): void {
    const { name } = node.op;
    if (name === 'input' || name === 'constant') return;
    const result = elementAt(node.outputs, 0);
    if (isPointwise(node)) {
      if (this.isStored(result)) this.join(result);
    } else if (name === 'sum' || name === 'max') {
      this.put(reduce(this, this.target, node, this.values.of(result)));
    } else if (name === 'matmul') {
      const product = productOf(
        node,
        this.values.of(elementAt(node.inputs, 0)),
        this.values.of(elementAt(node.inputs, 1)),
      );
      this.put(matmul(this.inPrecision(product), this.target, this.values.of(result)));
    } else {
      const inputs = node.inputs.map((t) => this.values.of(t)),
        outputs = node.outputs.map((t) => this.values.of(t));
      this.put({ kernels: operationOf(node)(node, inputs, outputs, this.target) });
    }
  }

  /**
   * The product with factors in f16 if the target wants that, there is something to gain, and a kernel can bind what it
   * takes.
   */
  private inPrecision(p: Product): Product {
    const { precision, largestBuffer, maxBindings } = this.target;
    if (precision === 'f32' || p.depth < minimumHalfDepth) return p;
    const a = toHalves(p, p.a),
      b = toHalves(p, p.b);
    if ([a, b].some(({ kernel }) => bindingsOf(kernel, largestBuffer) > maxBindings)) return p;
    return { ...p, a: this.sharedHalves(a), b: this.sharedHalves(b) };
  }

  /** One form of a factor for all products that read it so. */
  private sharedHalves({ factor, source, form, kernel }: Halves): Factor {
    const forms = this.halves.get(source) ?? new Map<string, Factor>();
    this.halves.set(source, forms);
    const known = forms.get(form);
    if (known) return known;
    forms.set(form, factor);
    this.put({ kernels: [kernel] });
    return factor;
  }

  private put(unit: Draft): void {
    this.units.add(unit);
    for (const value of writesOf(unit)) this.writers.set(value, unit);
  }

  /**
   * Computes a tensor together with others of its size where that saves a pass over memory, else in a kernel of its
   * own.
   */
  private join(t: Tensor): void {
    const value = this.values.of(t),
      groups = [...this.units].filter((unit): unit is Group => unit instanceof Group && unit.size === value.size);
    const group = groups.findLast((candidate) => this.mayJoin(candidate, t)) ?? new Group(this, value.size);
    group.roots.add(t);
    this.units.add(group);
    this.writers.set(value, group);
  }

  private mayJoin(group: Group, t: Tensor): boolean {
    const own = new Set(group.outputs),
      alone = group.reads(new Set([t])),
      before = group.reads();
    // What the group computes can be used only for the very same element; something must be shared for it to pay off.
    let isShared = false;
    for (const [value, access] of alone) {
      if (own.has(value) && access !== 'own element') return false;
      if (value.size === group.size && (own.has(value) || before.has(value))) isShared = true;
    }
    if (!isShared) return false;
    const together = {
      reads: group.reads(new Set([...group.roots, t])),
      writes: [...own, this.values.of(t)],
      elements: group.size,
    };
    if (bindingsOf(together, this.target.largestBuffer) > this.target.maxBindings) return false;
    return ![...alone.keys()].some((value) => !own.has(value) && this.dependsOn(this.writers.get(value), group));
  }

  private dependsOn(unit: Draft | undefined, other: Draft, seen = new Set<unknown>()): boolean {
    if (unit === undefined || seen.has(unit)) return false;
    if (unit === other) return true;
    seen.add(unit);
    return [...readsOfUnit(unit)].some((value) => this.dependsOn(this.writers.get(value), other, seen));
  }

  /** Constants that are outputs. */
  private addInlineOutputs(): void {
    const used = [...this.analysis.nodes.flatMap((n) => n.inputs), ...this.graph.outputs.values()];
    for (const t of new Set(used.map(withoutReshape))) if (isInline(t.node) && this.isStored(t)) this.join(t);
  }

  /**
   * Moves element-wise operations on the result of a product or reduction into its kernel, if nothing else reads that
   * result.
   */
  private fuseProducers(): void {
    const outputs = new Set([...this.graph.outputs.values()].map((t) => this.values.of(t)));
    const readers = new Map<Value, Draft[]>();
    for (const unit of this.units)
      for (const value of readsOfUnit(unit)) readers.set(value, [...(readers.get(value) ?? []), unit]);
    const tensors = new Map(this.analysis.nodes.flatMap((n) => n.outputs).map((t) => [this.values.of(t), t]));
    for (const unit of [...this.units]) {
      if (!isProducer(unit) || outputs.has(unit.output)) continue;
      const group = onlyReader(unit, readers.get(unit.output) ?? []);
      if (!group) continue;
      const tensor = tensors.get(unit.output);
      if (!tensor) throw missing(`the tensor of ${unit.output.name}`);
      group.producer = { unit, tensor };
      if (boundBy(lastOf(group.kernels), this.target) <= this.target.maxBindings) this.units.delete(unit);
      else group.producer = undefined;
    }
  }

  /** The value of each output. All have memory of their own, so inputs and tensors that are two outputs are copied. */
  private nameOutputs(): Map<string, Value> {
    const taken = new Set<Value>([...this.graph.inputs.values()].map((t) => this.values.of(t)));
    const outputs = new Map<string, Value>();
    for (const [name, t] of this.graph.outputs) {
      const value = this.values.of(t);
      const output = taken.has(value) || value.constant ? this.copyTo(name, value) : value;
      taken.add(output);
      outputs.set(name, output);
    }
    return outputs;
  }

  private copyTo(name: string, from: Value): Value {
    const to = { name, size: from.size, dtype: from.dtype };
    this.units.add({ kernels: [copy(from, to)] });
    return to;
  }

  /** Kernels so that each comes after those whose results it reads. */
  private order(): Kernel[] {
    const units = [...this.units].map((unit): Unit => (isProducer(unit) ? unfused(unit) : { kernels: unit.kernels }));
    const writers = new Map<Value, Unit>();
    for (const unit of units)
      for (const kernel of unit.kernels) for (const value of kernel.writes) writers.set(value, unit);
    const kernels: Kernel[] = [],
      done = new Set<Unit>();
    const visit = (unit: Unit | undefined): void => {
      if (!unit || done.has(unit)) return;
      done.add(unit);
      for (const kernel of unit.kernels) for (const value of kernel.reads.keys()) visit(writers.get(value));
      kernels.push(...unit.kernels);
    };
    units.forEach(visit);
    return kernels;
  }
}

/** The group that can take over a producer: the only unit that reads its result, element by element. */
function onlyReader({ output, size }: Producer, readers: readonly Draft[]): Group | undefined {
  const [reader, ...others] = readers;
  if (!(reader instanceof Group) || others.length > 0 || reader.producer || reader.size !== size) return undefined;
  return reader.reads().get(output) === 'own element' ? reader : undefined;
}

/**
 * Number of bindings of a kernel, counted in its text: a producer may read in vectors what its reader reads one by one,
 * each through a binding of its own.
 */
function boundBy(kernel: Kernel, { largestBuffer }: Target): number {
  const numbers = new Map<Value, number>();
  const source = new KernelSource({
    memoryOf: (value) => numbers.get(value) ?? numbers.set(value, numbers.size).size - 1,
    partLength: largestBuffer / 4,
  });
  kernel.write(source);
  return source.bindings.length;
}

const isProducer = (unit: Draft): unit is Producer => 'output' in unit;

const writesOf = (unit: Draft): readonly Value[] =>
  isProducer(unit) ? [unit.output] : unit.kernels.flatMap((kernel) => kernel.writes);

function readsOfUnit(unit: Draft): Iterable<Value> {
  if (isProducer(unit)) return [...unit.reads.keys(), ...unit.before.flatMap((kernel) => [...kernel.reads.keys()])];
  return unit instanceof Group && !unit.producer
    ? unit.reads().keys()
    : unit.kernels.flatMap((kernel) => [...kernel.reads.keys()]);
}

function operationOf(node: Node): KernelOperation {
  const found = kernelOperations[node.op.name];
  if (!found) throw unknownOperation(node.op.name);
  return found;
}
