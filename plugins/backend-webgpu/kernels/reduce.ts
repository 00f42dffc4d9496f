import { elementAt } from '../../../core/arrays.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import { sizeOf, type Shape } from '../../../core/compute/tensor/types.js';
import { gridOf, maxWorkgroups } from '../lower/dispatch.js';
import { reductionIndex } from '../lower/index-math.js';
import type { Access } from '../lower/kernel.js';
import type { Target } from '../lower/target.js';
import { readsOf, storing, writerFor, type Context, type Loader, type Producer } from '../lower/unit.js';
import { temporary, type Value } from '../lower/value.js';
import { acrossWorkgroup, combine, identity, type Operation } from './across-workgroup.js';
import type { KernelSource } from './source.js';

/**
 * Elements that one invocation adds up before their sum is added to the total: rounding errors grow with this and with
 * the number of such sums, not with their product.
 */
const block = 64;
/**
 * Maximum number of elements that one workgroup reduces where there are few results; more are cut into chunks, whose
 * results are reduced in a second step.
 */
const chunkLength = 8192;
/** From this number of results on there is enough work without cutting. */
const manyOutputs = 256;
/** Invocations that keep a GPU busy. */
const enoughInvocations = 16_384;
const threads = 256;
/** Rows up to this length are reduced by one invocation each. */
const shortRow = 32;

/** A reduction of `length` elements for each of `outputs` results; `element` declares the function that gives one. */
interface Reduction {
  readonly operation: Operation;
  readonly outputs: number;
  readonly length: number;
  /** Neighbouring elements of one result are neighbours in memory. */
  readonly contiguous: boolean;
  readonly reads: ReadonlyMap<Value, Access>;
  /** Declares a function `name(o: u32, r: u32) -> f32`. */
  element(source: KernelSource, name: string): void;
}

/** Sum or maximum over some axes, of an expression that is computed on the way. */
export function reduce(context: Context, target: Target, node: Node, output: Value): Producer {
  const x = elementAt(node.inputs, 0),
    axes = node.attributes['axes'] as readonly number[];
  const express = (source: Loader): { body: string; result: string } => {
    const writer = writerFor(context, source);
    const result = writer.element(x, writer.index(reductionIndex('o', 'r', x.shape, axes)));
    return { body: writer.body, result };
  };
  const reduction: Reduction = {
    operation: node.op.name as Operation,
    outputs: output.size,
    length: sizeOf(x.shape) / output.size,
    contiguous: isTrailing(x.shape, axes),
    reads: readsOf(0, express),
    element: (source, name) => {
      const { body, result } = express(source);
      source.declare(`fn ${name}(o: u32, r: u32) -> f32 {\n${body}\nreturn ${result};\n}`);
    },
  };
  return inSteps(reduction, target, output);
}

/** Whether the reduced axes are the innermost ones. */
const isTrailing = (shape: Shape, axes: readonly number[]): boolean => {
  const kept = shape.flatMap((extent, i) => (axes.includes(i) || extent === 1 ? [] : [i]));
  return axes.every((axis) => shape[axis] === 1 || axis > (kept.at(-1) ?? -1));
};

/** One dispatch, or two where a single one would leave most of the device idle or add too many numbers in sequence. */
function inSteps(reduction: Reduction, target: Target, output: Value): Producer {
  const { operation, outputs, length } = reduction;
  const perInvocation = target.isCpu ? outputs >= 16 : !reduction.contiguous || length <= shortRow;
  const maximum = perInvocation && !target.isCpu ? maximumPerInvocation(reduction) : maximumPerWorkgroup(reduction);
  if (length <= maximum) return single(reduction, target, output, perInvocation);
  const chunks = Math.ceil(length / maximum),
    size = Math.ceil(length / chunks);
  const partial = temporary(`${output.name} partial`, outputs * chunks);
  const first: Reduction = {
    ...reduction,
    outputs: outputs * chunks,
    length: size,
    element: (source, name) => {
      reduction.element(source, 'whole');
      source.declare(`fn ${name}(o: u32, r: u32) -> f32 {
  let at = (o % ${chunks}u) * ${size}u + r;
  if (at >= ${length}u) { return ${identity[operation]}; }
  return whole(o / ${chunks}u, at);
}`);
    },
  };
  const second: Reduction = {
    operation,
    outputs,
    length: chunks,
    contiguous: true,
    reads: new Map([[partial, 'anywhere']]),
    element: (source, name) =>
      source.declare(`fn ${name}(o: u32, r: u32) -> f32 { return ${source.load(partial, `o * ${chunks}u + r`)}; }`),
  };
  const before = storing(single(first, target, partial, perInvocation));
  const last = single(second, target, output, chunks <= shortRow || (target.isCpu && outputs >= 16));
  return { ...last, label: `${last.label} of chunks`, before: [before] };
}

const maximumPerWorkgroup = ({ outputs }: Reduction): number => (outputs < manyOutputs ? chunkLength : Infinity);

/** Elements per invocation with which there are enough invocations to keep a GPU busy. */
const maximumPerInvocation = ({ length, outputs }: Reduction): number =>
  Math.max(block, Math.ceil(length / Math.ceil(enoughInvocations / outputs)));

function single(reduction: Reduction, target: Target, output: Value, perInvocation: boolean): Producer {
  const { operation, outputs, length } = reduction;
  return {
    label: `${operation} ${outputs}x${length}`,
    size: outputs,
    output,
    reads: reduction.reads,
    before: [],
    workgroups: gridOf(perInvocation ? Math.ceil(outputs / 64) : outputs),
    write: (source) => {
      reduction.element(source, 'element');
      if (perInvocation) oneInvocation(source, reduction);
      else oneWorkgroup(source, target, reduction);
    },
  };
}

function oneInvocation(source: KernelSource, { operation, outputs, length }: Reduction): void {
  source.main(
    [64],
    `let i = (group.x + group.y * ${maxWorkgroups}u) * 64u + lane;
if (i >= ${outputs}u) { return; }
var total = ${identity[operation]};
for (var start = 0u; start < ${length}u; start += ${block}u) {
  var part = ${identity[operation]};
  for (var r = start; r < min(start + ${block}u, ${length}u); r++) {
    let x = element(i, r);
    part = ${combine(operation, 'part', 'x')};
  }
  total = ${combine(operation, 'total', 'part')};
}
finish(i, total);`,
  );
}

function oneWorkgroup(source: KernelSource, target: Target, { operation, outputs, length }: Reduction): void {
  const all = acrossWorkgroup(source, target, threads, operation);
  source.main(
    [threads],
    `let i = group.x + group.y * ${maxWorkgroups}u;
var part = ${identity[operation]};
if (i < ${outputs}u) {
  for (var r = lane; r < ${length}u; r += ${threads}u) {
    let x = element(i, r);
    part = ${combine(operation, 'part', 'x')};
  }
}
let total = ${all('part')};
if (lane == 0u && i < ${outputs}u) { finish(i, total); }`,
  );
}
