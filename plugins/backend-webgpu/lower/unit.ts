import { elementAt, zip } from '../../../core/arrays.js';
import type { Tensor } from '../../../core/compute/tensor/graph.js';
import { workgroupsPerElement, type KernelSource } from '../kernels/source.js';
import type { Workgroups } from './dispatch.js';
import { ExpressionWriter } from './expression.js';
import type { Access, Kernel } from './kernel.js';
import { withoutReshape, type Value, type Values } from './value.js';

/** Kernels that belong together, in order of execution. */
export interface Unit {
  readonly kernels: readonly Kernel[];
}

/**
 * A kernel that computes one f32 per element of its result and passes it to `finish(i, acc)`: alone it stores it; fused
 * with the element-wise operations that follow, those do.
 */
export interface Producer {
  readonly label: string;
  /** Number of elements of the result. */
  readonly size: number;
  readonly output: Value;
  readonly reads: ReadonlyMap<Value, Access>;
  readonly workgroups: Workgroups;
  /** Kernels that must be executed before. */
  readonly before: readonly Kernel[];
  write(source: KernelSource): void;
}

/** What a writer of expressions needs to know about the program around it. */
export interface Context {
  readonly values: Values;
  isStored(t: Tensor): boolean;
}

/** Where the elements of stored values come from. */
export type Loader = Pick<KernelSource, 'load'>;

/** A tensor whose own element a kernel has already computed, under a name of its own. */
interface Computed {
  readonly tensor: Tensor;
  readonly name: string;
}

/** An expression writer that loads stored tensors from the bindings of `source`, but computes those in `roots`. */
export function writerFor(
  context: Context,
  source: Loader,
  roots: ReadonlySet<Tensor> = new Set(),
  computed?: Computed,
): ExpressionWriter {
  return new ExpressionWriter({
    load: (t, index) => {
      if (t === computed?.tensor && (index === 'i' || index === '0u')) return computed.name;
      if (!context.isStored(t) || roots.has(t)) return undefined;
      return source.load(context.values.of(t), index);
    },
  });
}

/** What the expressions of `write` read over `size` elements, found by writing them without a kernel. */
export function readsOf(size: number, write: (source: Loader) => void): Map<Value, Access> {
  const reads = new Map<Value, Access>();
  write({
    load: (value, index) => {
      const isOwn = index === 'i' || size === 1;
      if (!isOwn || !reads.has(value)) reads.set(value, isOwn ? 'own element' : 'anywhere');
      return 'x';
    },
  });
  return reads;
}

/** Element-wise results of one size, computed together, after a producer if there is one. */
export class Group implements Unit {
  readonly roots = new Set<Tensor>();
  producer: { readonly unit: Producer; readonly tensor: Tensor } | undefined;

  constructor(
    private readonly context: Context,
    readonly size: number,
  ) {}

  get kernels(): readonly Kernel[] {
    return this.producer ? [...this.producer.unit.before, this.kernel()] : [this.kernel()];
  }

  /** What the expressions read, what the producer computes included. */
  reads(roots: ReadonlySet<Tensor> = this.roots): Map<Value, Access> {
    return readsOf(this.size, (source) => this.express(source, roots));
  }

  get outputs(): Value[] {
    return [...this.roots].map((t) => this.context.values.of(t));
  }

  private express(source: Loader, roots: ReadonlySet<Tensor>): { writer: ExpressionWriter; results: string[] } {
    const writer = writerFor(
      this.context,
      source,
      roots,
      this.producer && { tensor: this.producer.tensor, name: 'acc' },
    );
    return { writer, results: [...roots].map((t) => writer.element(t, 'i')) };
  }

  private kernel(): Kernel {
    const unit = this.producer?.unit,
      label = labelOf([...this.roots]),
      common = { reads: this.reads(), writes: this.outputs };
    if (!unit) {
      const { size } = this;
      return {
        ...common,
        label,
        workgroups: workgroupsPerElement(size),
        elements: size,
        write: (source) => source.perElement(size, this.statements(source)),
      };
    }
    for (const [value, access] of unit.reads) common.reads.set(value, access);
    return {
      ...common,
      label: `${unit.label} + ${label}`,
      workgroups: unit.workgroups,
      write: (source) => {
        source.declare(`fn finish(i: u32, acc: f32) {\n${this.statements(source)}\n}`);
        unit.write(source);
      },
    };
  }

  /** Statements that compute and store element i of all results. */
  private statements(source: KernelSource): string {
    const { writer, results } = this.express(source, this.roots);
    for (const [value, result] of zip(this.outputs, results)) writer.statement(source.store(value, 'i', result));
    return writer.body;
  }
}

const labelOf = (roots: readonly Tensor[]): string => {
  const names = [...new Set(roots.map((t) => t.node.op.name))];
  return `${names.slice(0, 3).join(' ')} [${withoutReshape(elementAt(roots, 0)).shape.join(', ')}]`;
};

/** The kernel of a producer that nothing is fused with: it stores what it computes. */
export const storing = ({
  label,
  reads,
  output,
  workgroups,
  write,
}: Pick<Producer, 'label' | 'reads' | 'output' | 'workgroups' | 'write'>): Kernel => ({
  label,
  reads,
  writes: [output],
  workgroups,
  write: (source) => {
    source.declare(`fn finish(i: u32, acc: f32) { ${source.store(output, 'i', 'acc')} }`);
    write(source);
  },
});

/** A producer on its own. */
export const unfused = (producer: Producer): Unit => ({ kernels: [...producer.before, storing(producer)] });
