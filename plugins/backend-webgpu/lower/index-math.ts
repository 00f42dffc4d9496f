import { sizeOf, type Shape } from '../../../core/compute/tensor/types.js';

/** Places in tensors as WGSL expressions of linear, row-major u32 indices. Every function maps an index of one tensor to that of another. */

/** A run of neighbouring axes that are all copied, or all repeated, when a tensor is broadcast. */
interface Run {
  extent: number;
  readonly kept: boolean;
}

const times = (expression: string, factor: number): string =>
  factor === 1 ? expression : `${expression} * ${factor}u`;
const over = (expression: string, divisor: number): string =>
  divisor === 1 ? expression : `${expression} / ${divisor}u`;
const sum = (terms: readonly string[]): string =>
  terms.length === 0 ? '0u' : terms.length === 1 ? terms[0]! : `(${terms.join(' + ')})`;

/** One coordinate of a row-major walk: (index / inner) mod extent; the outermost one needs no remainder. */
function coordinate(index: string, inner: number, extent: number, total: number): string {
  const quotient = over(index, inner);
  return inner * extent >= total ? `(${quotient})` : `((${quotient}) % ${extent}u)`;
}

/** Where a tensor of shape `from` is read to be broadcast to element `index` of shape `to`. */
export function broadcastIndex(index: string, from: Shape, to: Shape): string {
  const runs: Run[] = [];
  to.forEach((extent, axis) => {
    const own = from[axis - (to.length - from.length)] ?? 1;
    if (extent === 1) return;
    const last = runs.at(-1);
    if (last?.kept === (own !== 1)) last.extent *= extent;
    else runs.push({ extent, kept: own !== 1 });
  });
  if (runs.every((run) => run.kept)) return index;
  return walk(index, sizeOf(to), runs);
}

function walk(index: string, total: number, runs: readonly Run[]): string {
  const terms: string[] = [];
  let inner = 1,
    stride = 1;
  for (const { extent, kept } of [...runs].reverse()) {
    if (kept) {
      terms.unshift(times(coordinate(index, inner, extent, total), stride));
      stride *= extent;
    }
    inner *= extent;
  }
  return sum(terms);
}

/** Where x of shape `from` is read for element `index` of its transposition: axis i of the result is axis `order[i]` of x. */
export function transposeIndex(index: string, from: Shape, order: readonly number[]): string {
  const to = order.map((axis) => from[axis]!),
    total = sizeOf(to);
  const strideOf = (axis: number): number => sizeOf(from.slice(axis + 1));
  return sum(
    to.flatMap((extent, i) =>
      extent === 1 ? [] : [times(coordinate(index, sizeOf(to.slice(i + 1)), extent, total), strideOf(order[i]!))],
    ),
  );
}

/** Where x of shape `from` is read for element `index` of its elements start … end−1 along `axis`. */
export function sliceIndex(index: string, from: Shape, axis: number, start: number, end: number): string {
  const inner = sizeOf(from.slice(axis + 1)),
    skipped = (from[axis]! - (end - start)) * inner;
  const shift = start * inner === 0 ? [] : [`${start * inner}u`];
  if (skipped === 0 || sizeOf(from.slice(0, axis)) === 1) return sum([index, ...shift]);
  return sum([index, ...shift, times(`(${index} / ${(end - start) * inner}u)`, skipped)]);
}

/** Where the input of a reduction is read, for element `kept` of what remains and element `reduced` of what is summed. */
export function reductionIndex(kept: string, reduced: string, shape: Shape, axes: readonly number[]): string {
  const inside = (axis: number): boolean => axes.includes(axis);
  const keptTotal = sizeOf(shape.filter((_, axis) => !inside(axis))),
    reducedTotal = sizeOf(shape.filter((_, axis) => inside(axis)));
  const runs: { extent: number; reduced: boolean }[] = [];
  shape.forEach((extent, axis) => {
    if (extent === 1) return;
    const last = runs.at(-1);
    if (last?.reduced === inside(axis)) last.extent *= extent;
    else runs.push({ extent, reduced: inside(axis) });
  });
  const terms: string[] = [];
  let keptInner = 1,
    reducedInner = 1,
    stride = 1;
  for (const run of runs.reverse()) {
    terms.unshift(
      times(
        run.reduced
          ? coordinate(reduced, reducedInner, run.extent, reducedTotal)
          : coordinate(kept, keptInner, run.extent, keptTotal),
        stride,
      ),
    );
    if (run.reduced) reducedInner *= run.extent;
    else keptInner *= run.extent;
    stride *= run.extent;
  }
  return sum(terms);
}
