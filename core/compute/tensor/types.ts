/**
 * Element types of the tensor engine. `bool` exists only inside graphs (conditions). bf16, the upper half of an f32,
 * exists only in buffers: programs read it with `fromBf16`, compute in f32, and round with `toBf16`.
 */
export type DType = 'f32' | 'i32' | 'bf16' | 'bool';

/** Extents from outermost to innermost, row-major; `[]` is a scalar. Every extent is a positive integer. */
export type Shape = readonly number[];

/** Elements on the host; those of bf16 as f32. */
export type TensorData = Float32Array | Int32Array;

export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A list of exactly N elements. */
export type Tuple<T, N extends number, Built extends readonly T[] = readonly []> = Built['length'] extends N
  ? Built
  : Tuple<T, N, readonly [...Built, T]>;

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

const elementBytes: Readonly<Record<DType, number>> = { f32: 4, i32: 4, bf16: 2, bool: 1 };

/** Bytes of a tensor without padding. */
export const bytesOf = ({ dtype, shape }: TensorType): number => elementBytes[dtype] * sizeOf(shape);

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((extent, i) => extent === b[i]);

export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`;

export const formatType = (t: TensorType): string => `${t.dtype}${formatShape(t.shape)}`;

/** Shape of an element-wise result under the usual (NumPy) broadcasting rule, or undefined if the shapes do not fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out.push(x === 1 ? y : x);
  }
  return out;
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const extent of [...shape].reverse()) {
    strides.unshift(stride);
    stride *= extent;
  }
  return strides;
}
