import { elementAt } from '../../../core/arrays.js';
import { sizeOf, type Shape } from '../../../core/compute/tensor/types.js';

/**
 * Elements of tensors as WGSL expressions of linear, row-major u32 indices. Every function maps an index of one tensor
 * to that of another.
 */

/** Neighbouring axes of one kind, which are all read alike, counted as one. */
interface MergedAxes<Kind extends string> {
  extent: number;
  readonly kind: Kind;
}

/** Merges neighbouring axes of one kind; those of extent 1 do not count. */
function mergeAxes<Kind extends string>(shape: Shape, kindOf: (axis: number) => Kind): MergedAxes<Kind>[] {
  const merged: MergedAxes<Kind>[] = [];
  for (const [axis, extent] of shape.entries()) {
    if (extent === 1) continue;
    const kind = kindOf(axis),
      last = merged.at(-1);
    if (last?.kind === kind) last.extent *= extent;
    else merged.push({ extent, kind });
  }
  return merged;
}

const times = (expression: string, factor: number): string =>
  factor === 1 ? expression : `${expression} * ${factor}u`;
const over = (expression: string, divisor: number): string =>
  divisor === 1 ? expression : `${expression} / ${divisor}u`;

function sum(terms: readonly string[]): string {
  const [first = '0u', ...others] = terms;
  return others.length === 0 ? first : `(${terms.join(' + ')})`;
}

/** A row-major walk over `total` elements. */
interface Walk {
  readonly index: string;
  readonly total: number;
}

/** One coordinate of a walk: (index / inner) mod extent; the outermost one needs no remainder. */
function coordinate({ index, total }: Walk, inner: number, extent: number): string {
  const quotient = over(index, inner);
  return inner * extent >= total ? `(${quotient})` : `((${quotient}) % ${extent}u)`;
}

/** Index at which a tensor of shape `from` is read to be broadcast to element `index` of shape `to`. */
export function broadcastIndex(index: string, from: Shape, to: Shape): string {
  const added = to.length - from.length;
  const merged = mergeAxes(to, (axis) => ((from[axis - added] ?? 1) === 1 ? 'repeated' : 'copied'));
  if (merged.every(({ kind }) => kind === 'copied')) return index;
  const walk = { index, total: sizeOf(to) },
    terms: string[] = [];
  let inner = 1,
    stride = 1;
  for (const axes of merged.reverse()) {
    if (axes.kind === 'copied') {
      terms.unshift(times(coordinate(walk, inner, axes.extent), stride));
      stride *= axes.extent;
    }
    inner *= axes.extent;
  }
  return sum(terms);
}

/**
 * Index at which x of shape `from` is read for element `index` of its transposition: axis i of the result is axis
 * `order[i]` of x.
 */
export function transposeIndex(index: string, from: Shape, order: readonly number[]): string {
  const to = order.map((axis) => elementAt(from, axis)),
    walk = { index, total: sizeOf(to) };
  const terms: string[] = [];
  for (const [i, axis] of order.entries()) {
    const extent = elementAt(to, i);
    if (extent === 1) continue;
    const stride = sizeOf(from.slice(axis + 1));
    terms.push(times(coordinate(walk, sizeOf(to.slice(i + 1)), extent), stride));
  }
  return sum(terms);
}

/** Elements start … end−1 along `axis`. */
export interface Slice {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

/** Index at which x of shape `from` is read for element `index` of a slice of it. */
export function sliceIndex(index: string, from: Shape, { axis, start, end }: Slice): string {
  const inner = sizeOf(from.slice(axis + 1)),
    skipped = (elementAt(from, axis) - (end - start)) * inner;
  const shift = start * inner === 0 ? [] : [`${start * inner}u`];
  if (skipped === 0 || sizeOf(from.slice(0, axis)) === 1) return sum([index, ...shift]);
  return sum([index, ...shift, times(`(${index} / ${(end - start) * inner}u)`, skipped)]);
}

/**
 * Index at which the input of a reduction is read, for element `kept` of what remains and element `reduced` of what is
 * summed.
 */
export function reductionIndex(kept: string, reduced: string, shape: Shape, axes: readonly number[]): string {
  const isReduced = (axis: number): boolean => axes.includes(axis);
  const walks = {
    kept: { index: kept, total: sizeOf(shape.filter((_, axis) => !isReduced(axis))) },
    reduced: { index: reduced, total: sizeOf(shape.filter((_, axis) => isReduced(axis))) },
  };
  const inner = { kept: 1, reduced: 1 };
  const terms: string[] = [];
  let stride = 1;
  for (const merged of mergeAxes(shape, (axis) => (isReduced(axis) ? 'reduced' : 'kept')).reverse()) {
    terms.unshift(times(coordinate(walks[merged.kind], inner[merged.kind], merged.extent), stride));
    inner[merged.kind] *= merged.extent;
    stride *= merged.extent;
  }
  return sum(terms);
}
