import { gridOf, maxWorkgroups, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';
import { elementOf, halfDepth, halfRows, padded, type Factor, type Product } from './product.js';

/** Rows of a workgroup, invocations to a row, and depth of the block that passes through workgroup memory. */
const rowsAtOnce = 16,
  lanes = 16,
  block = halfDepth;

/** A factor in f16 and the kernel that makes it. */
export interface Halves {
  readonly factor: Factor;
  readonly kernel: Kernel;
}

/**
 * A factor in f16, two elements to a word, neighbours along the depth, in whichever order it lies in memory. Every row is divided by a power of
 * two so that its largest element is just below 2¹⁵: gradients cannot vanish nor activations overflow, and an element keeps its 11 bits
 * unless it is 2²⁸ times smaller than the largest of its row. A row with an infinity or NaN becomes NaN altogether.
 */
export function toHalves(p: Product, f: Factor): Halves {
  const derived = (form: string, size: number, dtype: 'i32' | 'f32'): Value => ({
    name: `${f.value.name} in f16`,
    size,
    dtype,
    derived: { from: f.value, form: `${form} ${f.rows}x${p.depth} ${f.alongDepth ? 'along' : 'across'}` },
  });
  const rows = p.batch * padded(f.rows, halfRows);
  const value = derived('halves', (rows * padded(p.depth, halfDepth)) / 2, 'i32'),
    scales = derived('scales', rows, 'f32');
  return {
    factor: { value, scales, rows: f.rows, alongDepth: true },
    kernel: {
      label: `to f16 ${p.batch * f.rows}x${p.depth}`,
      reads: new Map([[f.value, 'anywhere']]),
      writes: [value, scales],
      workgroups: gridOf(rows / rowsAtOnce),
      write: (source) => writeHalves(source, p, f, value, scales),
    },
  };
}

function writeHalves(source: KernelSource, p: Product, f: Factor, value: Value, scales: Value): void {
  const rows = padded(f.rows, halfRows),
    words = padded(p.depth, halfDepth) / 2,
    [own, other] = f.alongDepth
      ? [`lane / ${lanes}u`, `lane % ${lanes}u`]
      : [`lane % ${rowsAtOnce}u`, `lane / ${rowsAtOnce}u`];
  source.declare(
    `var<workgroup> largest: array<f32, ${rowsAtOnce * lanes}>;\nvar<workgroup> turned: array<f32, ${rowsAtOnce * (block + 1)}>;`,
  );
  source.main(
    [rowsAtOnce * lanes],
    `let unit = group.x + group.y * ${maxWorkgroups}u;
if (unit >= ${(p.batch * rows) / rowsAtOnce}u) { return; }
let batch = unit / ${rows / rowsAtOnce}u;
let base = unit % ${rows / rowsAtOnce}u * ${rowsAtOnce}u;
let own = ${own};
let place = ${other};
let row = base + own;
var top = 0.0;
if (row < ${f.rows}u) {
  for (var d = place; d < ${p.depth}u; d += ${lanes}u) { top = max_f32(top, abs(${elementOf(source, p, f, 'row', 'd')})); }
}
largest[own * ${lanes}u + place] = top;
workgroupBarrier();
for (var i = 0u; i < ${lanes}u; i++) { top = max_f32(top, largest[own * ${lanes}u + i]); }
let exponent = bitcast<u32>(top) >> 23u;
let finite = exponent < 255u;
let shifted = select(max(exponent, 15u) - 14u, 127u, top == 0.0);
let factor = select(0.0, bitcast<f32>((254u - min(shifted, 253u)) << 23u), finite);
if (place == 0u) { ${source.store(scales, `batch * ${rows}u + row`, 'select(from_bits(0x7fc00000u), bitcast<f32>(shifted << 23u), finite)')} }
for (var start = 0u; start < ${2 * words}u; start += ${block}u) {
  for (var i = place; i < ${block}u; i += ${lanes}u) {
    var x = 0.0;
    if (finite && row < ${f.rows}u && start + i < ${p.depth}u) { x = ${elementOf(source, p, f, 'row', '(start + i)')} * factor; }
    turned[own * ${block + 1}u + i] = x;
  }
  workgroupBarrier();
  let at = lane / ${lanes}u * ${block + 1}u + lane % ${lanes}u * 2u;
  ${source.store(value, `(batch * ${rows}u + base + lane / ${lanes}u) * ${words}u + start / 2u + lane % ${lanes}u`, 'bitcast<i32>(pack2x16float(vec2f(turned[at], turned[at + 1u])))')}
  workgroupBarrier();
}`,
  );
}
