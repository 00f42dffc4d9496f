import type { Tensor } from '../../../core/compute/tensor/graph.js';
import { workgroupsPerElement, type KernelSource } from '../kernels/source.js';
import type { Access, Kernel, Workgroups } from './kernel.js';
import { ExpressionWriter } from './expression.js';
import { withoutReshape, type Value, type Values } from './value.js';

/** Extents of the products that a subgroup of a fixed size computes in one instruction: [m, k] × [k, n]. */
export interface MatrixUnit {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly subgroupSize: number;
}

/** What the lowering has to know of a device. */
export interface Target {
  /** Storage buffers that one kernel can bind. */
  readonly maxBindings: number;
  /** Bytes that one buffer can hold and one binding can reach, a multiple of 256; longer tensors lie in several. */
  readonly largestBuffer: number;
  /** A processor that pretends to be a GPU: no workgroup memory to gain from, barriers are dear, one invocation should do much. */
  readonly isCpu: boolean;
  /** Bytes of workgroup memory that a kernel can declare. */
  readonly workgroupBytes: number;
  /** Kernels may use subgroup operations. */
  readonly subgroups: boolean;
  /** Element type of the factors of products; sums are f32. */
  readonly precision: 'f32' | 'f16';
  /** Matrix units that multiply f16 and add in f32, where the device has them. */
  readonly matrixUnit: MatrixUnit | undefined;
}

/** Kernels that run one after the other and belong together. */
export interface Unit {
  readonly kernels: readonly Kernel[];
}

/**
 * A kernel that computes one f32 per element of its result and hands it to `finish(i, acc)`: alone it stores it; fused with the
 * element-wise operations that follow, those do.
 */
export interface Producer {
  readonly label: string;
  /** Elements of the result. */
  readonly size: number;
  readonly output: Value;
  readonly reads: ReadonlyMap<Value, Access>;
  readonly workgroups: Workgroups;
  /** Kernels that must run before. */
  readonly before: readonly Kernel[];
  write(source: KernelSource): void;
}

/** What a writer of expressions needs to know of the program around it. */
export interface Context {
  readonly values: Values;
  isStored(t: Tensor): boolean;
}

/** An expression writer that loads stored tensors from the bindings of `source`, but computes those in `roots`. */
export function writerFor(
  context: Context,
  source: Pick<KernelSource, 'load'>,
  roots: ReadonlySet<Tensor> = new Set(),
  given?: { readonly tensor: Tensor; readonly name: string },
): ExpressionWriter {
  return new ExpressionWriter({
    load: (t, index) =>
      t === given?.tensor && (index === 'i' || index === '0u')
        ? given.name
        : !context.isStored(t) || roots.has(t)
          ? undefined
          : source.load(context.values.of(t), index),
  });
}

/** What the expressions of `write` read over `size` elements, found by writing them to nowhere. */
export function readsOf(size: number, write: (source: Pick<KernelSource, 'load'>) => void): Map<Value, Access> {
  const reads = new Map<Value, Access>();
  write({
    load: (value, index) => {
      const own = index === 'i' || size === 1;
      if (!own || !reads.has(value)) reads.set(value, own ? 'own element' : 'anywhere');
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

  private express(
    source: Pick<KernelSource, 'load'>,
    roots: ReadonlySet<Tensor>,
  ): { writer: ExpressionWriter; results: string[] } {
    const writer = writerFor(
      this.context,
      source,
      roots,
      this.producer && { tensor: this.producer.tensor, name: 'acc' },
    );
    return { writer, results: [...roots].map((t) => writer.element(t, 'i')) };
  }

  private kernel(): Kernel {
    const reads = this.reads(),
      unit = this.producer?.unit;
    for (const [value, access] of unit?.reads ?? []) reads.set(value, access);
    return {
      label: `${unit ? `${unit.label} + ` : ''}${labelOf([...this.roots])}`,
      reads,
      writes: this.outputs,
      ...(unit
        ? { workgroups: unit.workgroups }
        : { workgroups: workgroupsPerElement(this.size), elements: this.size }),
      write: (source) => {
        const { writer, results } = this.express(source, this.roots);
        this.outputs.forEach((value, i) => writer.statement(source.store(value, 'i', results[i]!)));
        if (!unit) return source.perElement(this.size, writer.body);
        source.declare(`fn finish(i: u32, acc: f32) {\n${writer.body}\n}`);
        unit.write(source);
      },
    };
  }
}

const labelOf = (roots: readonly Tensor[]): string => {
  const names = [...new Set(roots.map((t) => t.node.op.name))];
  return `${names.slice(0, 3).join(' ')} [${withoutReshape(roots[0]!).shape.join(', ')}]`;
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
