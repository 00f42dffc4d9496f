import { gridOf, maxWorkgroups } from '../../lower/dispatch.js';
import { readAnywhere, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';
import { halfDepth, halfRows, loaderOf, padded, type Factor, type Product } from './product.js';

/** Rows of a workgroup, invocations per row, and depth of the block that passes through workgroup memory. */
const rowsAtOnce = 16,
  invocationsPerRow = 16,
  block = halfDepth;

/** A factor in f16 and the kernel that makes it. */
export interface Halves {
  readonly factor: Factor;
  /** What it is made from, and the name of its form. */
  readonly source: Value;
  readonly form: string;
  readonly kernel: Kernel;
}

/**
 * A factor in f16, two elements per word, neighbours along the depth, in whichever order it lies in memory. Every row
 * is divided by a power of two so that its largest element is just below 2¹⁵: gradients cannot vanish nor activations
 * overflow, and an element keeps its 11 bits unless it is 2²⁸ times smaller than the largest of its row. A row with an
 * infinity or NaN becomes NaN altogether.
 */
export function toHalves(p: Product, f: Factor): Halves {
  const form = `${f.rows}x${p.depth} ${f.alongDepth ? 'along' : 'across'}`;
  const derived = (part: string, size: number, dtype: 'i32' | 'f32'): Value => ({
    name: `${f.value.name} in f16`,
    size,
    dtype,
    derived: { from: f.value, form: `${part} ${form}` },
  });
  const rows = p.batch * padded(f.rows, halfRows);
  const value = derived('halves', (rows * padded(p.depth, halfDepth)) / 2, 'i32'),
    scales = derived('scales', rows, 'f32');
  return {
    factor: { value, scales, rows: f.rows, alongDepth: true },
    source: f.value,
    form,
    kernel: {
      label: `to f16 ${p.batch * f.rows}x${p.depth}`,
      reads: readAnywhere([f.value]),
      writes: [value, scales],
      workgroups: gridOf(rows / rowsAtOnce),
      write: (source) => writeHalves(source, p, f, { value, scales }),
    },
  };
}

function writeHalves(
  source: KernelSource,
  p: Product,
  f: Factor,
  { value, scales }: { readonly value: Value; readonly scales: Value },
): void {
  const rows = padded(f.rows, halfRows),
    words = padded(p.depth, halfDepth) / 2,
    element = loaderOf(source, p, f);
  const scale = 'select(from_bits(0x7fc00000u), bitcast<f32>(shifted << 23u), finite)';
  // Neighbouring invocations read neighbours in memory.
  const [own, other] = f.alongDepth
    ? [`lane / ${invocationsPerRow}u`, `lane % ${invocationsPerRow}u`]
    : [`lane % ${rowsAtOnce}u`, `lane / ${rowsAtOnce}u`];
  source.declare(
    `var<workgroup> largest: array<f32, ${rowsAtOnce * invocationsPerRow}>;
var<workgroup> turned: array<f32, ${rowsAtOnce * (block + 1)}>;`,
  );
  source.main(
    [rowsAtOnce * invocationsPerRow],
    `let unit = group.x + group.y * ${maxWorkgroups}u;
if (unit >= ${(p.batch * rows) / rowsAtOnce}u) { return; }
let batch = unit / ${rows / rowsAtOnce}u;
let base = unit % ${rows / rowsAtOnce}u * ${rowsAtOnce}u;
let own = ${own};
let place = ${other};
let row = base + own;
var top = 0.0;
if (row < ${f.rows}u) {
  for (var d = place; d < ${p.depth}u; d += ${invocationsPerRow}u) { top = max_f32(top, abs(${element('row', 'd')})); }
}
largest[own * ${invocationsPerRow}u + place] = top;
workgroupBarrier();
for (var i = 0u; i < ${invocationsPerRow}u; i++) { top = max_f32(top, largest[own * ${invocationsPerRow}u + i]); }
let exponent = bitcast<u32>(top) >> 23u;
let finite = exponent < 255u;
let shifted = select(max(exponent, 15u) - 14u, 127u, top == 0.0);
let factor = select(0.0, bitcast<f32>((254u - min(shifted, 253u)) << 23u), finite);
if (place == 0u) {
  ${source.store(scales, `batch * ${rows}u + row`, scale)}
}
for (var start = 0u; start < ${2 * words}u; start += ${block}u) {
  for (var i = place; i < ${block}u; i += ${invocationsPerRow}u) {
    var x = 0.0;
    if (finite && row < ${f.rows}u && start + i < ${p.depth}u) { x = ${element('row', '(start + i)')} * factor; }
    turned[own * ${block + 1}u + i] = x;
  }
  workgroupBarrier();
  let at = lane / ${invocationsPerRow}u * ${block + 1}u + lane % ${invocationsPerRow}u * 2u;
  ${storePair(source, value, rows, words)}
  workgroupBarrier();
}`,
  );
}

/** Stores two neighbours of the turned block as one word. */
function storePair(source: KernelSource, value: Value, rows: number, words: number): string {
  const row = `(batch * ${rows}u + base + lane / ${invocationsPerRow}u)`,
    word = `start / 2u + lane % ${invocationsPerRow}u`;
  return source.store(
    value,
    `${row} * ${words}u + ${word}`,
    'bitcast<i32>(pack2x16float(vec2f(turned[at], turned[at + 1u])))',
  );
}
