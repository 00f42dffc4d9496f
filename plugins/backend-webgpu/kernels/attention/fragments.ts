import { repeat } from '../repeat.js';

/** The WGSL type of `n` numbers, 1, 2 or 4; one of them; and a value of the type. */
export const vec = (n: number, type: 'f32' | 'u32' = 'f32'): string => (n === 1 ? type : `vec${n}<${type}>`);
export const part = (name: string, i: number, n: number): string => (n === 1 ? name : `${name}[${i}]`);
export const pack = (n: number, item: (i: number) => string, type: 'f32' | 'u32' = 'f32'): string =>
  `${vec(n, type)}(${repeat(n, item, ', ')})`;

/** A function that adds a product of four elements to a sum. */
export const addDot = `fn add_dot(a: vec4f, b: vec4f, sum: f32) -> f32 {
  return fma(a.x, b.x, fma(a.y, b.y, fma(a.z, b.z, fma(a.w, b.w, sum))));
}`;
