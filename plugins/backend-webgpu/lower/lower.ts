import { OrzError } from '../../../core/errors.js';
import { decomposeMacroOps } from '../../../core/compute/tensor/decompose.js';
import type { Graph, Node, Tensor } from '../../../core/compute/tensor/graph.js';
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
import { Group, unfused, type Context, type Producer, type Target, type Unit } from './unit.js';
import { isInline, Values, withoutReshape, type Value } from './value.js';

/** A graph as kernels in the order in which they run. */
export interface Lowered {
  readonly kernels: readonly Kernel[];
  readonly inputs: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlyMap<string, Value>;
}

/** Kernels that are not final yet: groups may grow, producers may join a group. */
type Draft = Unit | Group | Producer;

/** Inner extents below this are too short to be worth another form of the factors. */
const leastHalfDepth = 32;
/** Bindings kept free for outputs that join a kernel later. */
const reserve = 2;

/** Lowers a graph: macro-operations with a kernel keep it, all others are expanded, and element-wise operations are fused. */
export function lower(graph: Graph, target: Target): Lowered {
  const expanded = rewrite(decomposeMacroOps(graph, (op) => op.name in kernelOperations || op.name === 'rotary'));
  return new Lowering(expanded, target).run();
}

class Lowering implements Context {
  readonly values = new Values();
  private readonly analysis: Analysis;
  private readonly units = new Set<Draft>();
  /** The unit that computes a value. */
  private readonly writers = new Map<Value, Draft>();
  /** Factors in f16, by what they were made from. */
  private readonly halves = new Map<Value, Map<string, Factor>>();

  constructor(
    private readonly graph: Graph,
    private readonly target: Target,
  ) {
    this.analysis = analyse(graph, { most: target.maxBindings - reserve, largestBuffer: target.largestBuffer });
  }

  isStored(t: Tensor): boolean {
    return this.analysis.isStored(t);
  }

  run(): Lowered {
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
    if (isPointwise(node)) {
      if (this.isStored(node.outputs[0]!)) this.join(node.outputs[0]!);
    } else if (name === 'sum' || name === 'max') {
      this.put(reduce(this, this.target, node, this.values.of(node.outputs[0]!)));
    } else if (name === 'matmul') {
      const [a, b] = node.inputs.map((t) => this.values.of(t)) as [Value, Value];
      this.put(matmul(this.inPrecision(productOf(node, a, b)), this.target, this.values.of(node.outputs[0]!)));
    } else {
      this.put({
        kernels: operationOf(node)(
          node,
          node.inputs.map((t) => this.values.of(t)),
          node.outputs.map((t) => this.values.of(t)),
          this.target,
        ),
      });
    }
  }

  /** The product with factors in f16 where the target wants that, there is something to gain, and a kernel can bind what it takes. */
  private inPrecision(p: Product): Product {
    const { precision, largestBuffer, maxBindings } = this.target;
    if (precision === 'f32' || p.depth < leastHalfDepth) return p;
    const a = toHalves(p, p.a),
      b = toHalves(p, p.b);
    if ([a, b].some(({ kernel }) => bindingsOf(kernel.reads, kernel.writes, largestBuffer) > maxBindings)) return p;
    return { ...p, a: this.onceInHalves(a), b: this.onceInHalves(b) };
  }

  /** One form for all products with a factor. */
  private onceInHalves({ factor, kernel }: Halves): Factor {
    const { from, form } = factor.value.derived!,
      forms = this.halves.get(from) ?? new Map<string, Factor>();
    this.halves.set(from, forms);
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

  /** Computes a tensor together with others of its size where that saves a pass over memory, else in a kernel of its own. */
  private join(t: Tensor): void {
    const size = this.values.of(t).size;
    const group =
      [...this.units].findLast(
        (unit): unit is Group => unit instanceof Group && unit.size === size && this.mayJoin(unit, t),
      ) ?? new Group(this, size);
    const isNew = group.roots.size === 0;
    group.roots.add(t);
    if (isNew) this.units.add(group);
    this.writers.set(this.values.of(t), group);
  }

  private mayJoin(group: Group, t: Tensor): boolean {
    const own = new Set(group.outputs),
      alone = group.reads(new Set([t])),
      before = group.reads();
    // What the group computes can be used only for the very same element; something must be shared for it to pay.
    let shared = false;
    for (const [value, access] of alone) {
      if (own.has(value) && access !== 'own element') return false;
      if (value.size === group.size && (own.has(value) || before.has(value))) shared = true;
    }
    if (!shared) return false;
    const { largestBuffer, maxBindings } = this.target,
      reads = group.reads(new Set([...group.roots, t]));
    if (bindingsOf(reads, [...own, this.values.of(t)], largestBuffer, group.size) > maxBindings) return false;
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
    for (const t of new Set(
      [...this.analysis.nodes.flatMap((n) => n.inputs), ...this.graph.outputs.values()].map(withoutReshape),
    )) {
      if (isInline(t.node) && this.isStored(t)) this.join(t);
    }
  }

  /** Lets element-wise operations on the result of a product or reduction run inside its kernel, if nobody else reads that result. */
  private fuseProducers(): void {
    const outputs = new Set([...this.graph.outputs.values()].map((t) => this.values.of(t)));
    const readers = new Map<Value, Draft[]>();
    for (const unit of this.units)
      for (const value of readsOfUnit(unit)) readers.set(value, [...(readers.get(value) ?? []), unit]);
    const tensors = new Map(this.analysis.nodes.flatMap((n) => n.outputs).map((t) => [this.values.of(t), t]));
    for (const unit of [...this.units]) {
      if (!isProducer(unit) || outputs.has(unit.output)) continue;
      const [reader, ...others] = readers.get(unit.output) ?? [];
      if (
        !(reader instanceof Group) ||
        others.length > 0 ||
        reader.producer ||
        reader.size !== unit.size ||
        reader.reads().get(unit.output) !== 'own element'
      )
        continue;
      reader.producer = { unit, tensor: tensors.get(unit.output)! };
      if (boundBy(reader.kernels.at(-1)!, this.target) <= this.target.maxBindings) this.units.delete(unit);
      else reader.producer = undefined;
    }
  }

  /** The value of each output. Every output has memory of its own, so inputs and tensors that are two outputs are copied. */
  private nameOutputs(): Map<string, Value> {
    const taken = new Set<Value>([...this.graph.inputs.values()].map((t) => this.values.of(t)));
    return new Map(
      [...this.graph.outputs].map(([name, t]) => {
        let value = this.values.of(t);
        if (taken.has(value) || value.constant) {
          const from = value;
          value = { name, size: from.size, dtype: from.dtype };
          this.units.add({ kernels: [copy(from, value)] });
        }
        taken.add(value);
        return [name, value];
      }),
    );
  }

  /** Kernels so that each comes after those whose results it reads. */
  private order(): Kernel[] {
    const units = [...this.units].map((unit): Unit => (isProducer(unit) ? unfused(unit) : { kernels: unit.kernels }));
    const writers = new Map(
      units.flatMap((unit) => unit.kernels.flatMap((kernel) => kernel.writes.map((value) => [value, unit] as const))),
    );
    const kernels: Kernel[] = [],
      done = new Set<Unit>();
    const visit = (unit: Unit): void => {
      if (done.has(unit)) return;
      done.add(unit);
      for (const kernel of unit.kernels)
        for (const value of kernel.reads.keys()) if (writers.has(value)) visit(writers.get(value)!);
      kernels.push(...unit.kernels);
    };
    units.forEach(visit);
    return kernels;
  }
}

/** Bindings of a kernel, counted in its text: a producer may read in vectors what its reader reads one by one, each through a binding of its own. */
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
  if (!found)
    throw new OrzError('ORZ_GRAPH_INVALID', `unknown operation "${node.op.name}"`, {
      value: node.op.name,
      remedy: 'give it a definition in terms of the operations of core/compute/tensor (`decompose`)',
    });
  return found;
}
