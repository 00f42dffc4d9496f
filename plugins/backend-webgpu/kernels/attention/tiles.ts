import { gridOf, maxWorkgroups, type Workgroups } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';
import { repeat } from '../repeat.js';
import { addDot, pack, part, vec } from './fragments.js';
import type { AttentionShape } from './shape.js';
import { invocations, side, type Tiling } from './tiling.js';

/** The queries of one row and key head, all heads of a token before the next token; or its keys. */
export type Rows = 'queries' | 'keys';

/**
 * What the tiled kernels share. Invocations form a square: `line` says which held rows are an invocation's own (line, line + 8, …), `column`
 * which passing rows and which vectors of a result. Queries of all heads that read the same keys are rows of one block.
 */
export class Tiles {
  readonly heldRows: number;
  readonly passingRows: number;
  private readonly group: number;
  private readonly loaders = new Map<Value, string>();
  private functions = 0;

  constructor(
    readonly source: KernelSource,
    private readonly s: AttentionShape,
    readonly tiling: Tiling,
  ) {
    this.heldRows = side * tiling.held;
    this.passingRows = side * tiling.passing;
    this.group = s.heads / s.kvHeads;
    source.declare(`var<workgroup> passing: array<vec4f, ${this.passingRows * tiling.stride + tiling.slack}>;
var<workgroup> scores: array<${vec(tiling.passing)}, ${this.heldRows * side}>;
${addDot}
fn exp_each(x: ${vec(tiling.passing)}) -> ${vec(tiling.passing)} { return ${pack(tiling.passing, (c) => `exp_f32(${part('x', c, tiling.passing)})`)}; }`);
  }

  /** Rows of one pair of row and key head. */
  limit(rows: Rows): number {
    return rowsOf(this.s, rows);
  }

  /** A row as a number among all of its tensor, each `width` elements long. */
  place(rows: Rows, r: string): string {
    return rows === 'keys'
      ? `(row + ${r}) * ${this.s.kvHeads}u + kv`
      : `(row + (${r}) / ${this.group}u) * ${this.s.heads}u + kv * ${this.group}u + (${r}) % ${this.group}u`;
  }

  /** The place of a query's token within its row. */
  token(r: string): string {
    return `(${r}) / ${this.group}u`;
  }

  /** Finds the block of a workgroup, `first` being its first row. Those with most work start first: late queries, early keys. */
  begin(rows: Rows): string {
    const { rows: outer, kvHeads, length } = this.s,
      pairs = outer * kvHeads,
      blocks = blocksOf(this.s, rows, this.tiling);
    return `let id = group.x + group.y * ${maxWorkgroups}u;
if (id >= ${pairs * blocks}u) { return; }
let row = id % ${pairs}u / ${kvHeads}u * ${length}u;
let kv = id % ${kvHeads}u;
let first = ${rows === 'queries' ? `(${blocks - 1}u - id / ${pairs}u)` : `id / ${pairs}u`} * ${this.heldRows}u;
let line = lane / ${side}u;
let column = lane % ${side}u;`;
  }

  /** The component for held row i of a vector with one number for each. */
  ofRow(name: string, i: number): string {
    return part(name, i, this.tiling.held);
  }

  /** Where held row i of an invocation starts in a tile. */
  inTile(i: number): string {
    return `(line + ${side * i}u) * ${this.tiling.stride}u`;
  }

  /** Declares a tile for held rows. */
  hold(name: string): void {
    this.source.declare(
      `var<workgroup> ${name}: array<vec4f, ${this.heldRows * this.tiling.stride + this.tiling.slack}>;`,
    );
  }

  /** Copies rows of a tensor from `first` on into a tile; those past the last are zero. */
  fill(tile: string, value: Value, rows: Rows, first: string, factor = ''): string {
    const { vectors, stride } = this.tiling,
      size = tile === 'passing' ? this.passingRows : this.heldRows;
    return `for (var e = lane; e < ${size * vectors}u; e += ${invocations}u) {
  let r = ${first} + e / ${vectors}u;
  var x = vec4f();
  if (r < ${this.limit(rows)}u) { x = ${this.load(value)}(${this.place(rows, 'r')}, e % ${vectors}u)${factor}; }
  ${tile}[e / ${vectors}u * ${stride}u + e % ${vectors}u] = x;
}`;
  }

  /** The name of a function that loads a vector of a row. */
  load(value: Value): string {
    let name = this.loaders.get(value);
    if (name) return name;
    this.loaders.set(value, (name = `load_row_${this.functions++}`));
    const { width } = this.s,
      { vectors } = this.tiling;
    const body =
      width % 4 === 0 && this.source.hasVectors(value)
        ? `return ${this.source.loadVector(value, `place * ${vectors}u + d`)};`
        : `var x = vec4f();
for (var c = 0u; c < min(4u, ${width}u - 4u * d); c++) { x[c] = ${this.source.load(value, `place * ${width}u + 4u * d + c`)}; }
return x;`;
    this.source.declare(`fn ${name}(place: u32, d: u32) -> vec4f {\n${body}\n}`);
    return name;
  }

  /** Products of an invocation's held rows of `tile` with its passing rows, as variables `name0`, `name1`, … */
  products(name: string, tile: string): string {
    const { held, passing, vectors, stride } = this.tiling;
    return `${repeat(held, (i) => `var ${name}${i} = ${vec(passing)}();`)}
for (var d = 0u; d < ${vectors}u; d++) {
  ${repeat(held, (i) => `let x${i} = ${tile}[${this.inTile(i)} + d];`)}
  ${repeat(passing, (c) => `let y${c} = passing[(column + ${side * c}u) * ${stride}u + d];`)}
  ${repeat(held, (i) => `${name}${i} = ${pack(passing, (c) => `add_dot(x${i}, y${c}, ${part(`${name}${i}`, c, passing)})`)};`)}
}`;
  }

  /** Shares an invocation's scores `name0`, … with those that sum up the result. */
  share(name: string): string {
    return repeat(this.tiling.held, (i) => `scores[(line + ${side * i}u) * ${side}u + column] = ${name}${i};`);
  }

  /** Sums of result rows, as variables `name0_0`, `name0_1`, … */
  sums(name: string): string {
    return this.eachSum((i, n) => `var ${name}${i}_${n} = vec4f();`);
  }

  eachSum(line: (i: number, n: number) => string): string {
    return repeat(this.tiling.held, (i) => repeat(this.tiling.columns, (n) => line(i, n)));
  }

  /** Adds the product of the shared scores with the passing rows to the sums. */
  addProduct(name: string): string {
    const { held, passing, columns, stride } = this.tiling;
    return `for (var e = 0u; e < ${side}u; e++) {
  ${repeat(held, (i) => `let p${i} = scores[(line + ${side * i}u) * ${side}u + e];`)}
  ${repeat(
    passing,
    (
      c,
    ) => `${repeat(columns, (n) => `let y${c}_${n} = passing[(e + ${side * c}u) * ${stride}u + column + ${side * n}u];`)}
  ${this.eachSum((i, n) => `${name}${i}_${n} = fma(vec4f(${part(`p${i}`, c, passing)}), y${c}_${n}, ${name}${i}_${n});`)}`,
  )}
}`;
  }

  /** Stores an invocation's part of the result rows; `result` is an expression for column n of row i. */
  store(value: Value, rows: Rows, result: (i: number, n: number) => string): string {
    const { width } = this.s,
      { held, columns } = this.tiling,
      name = `store_row_${this.functions++}`;
    this.source.declare(`fn ${name}(place: u32, d: u32, x: vec4f) {
for (var c = 0u; c < 4u && 4u * d + c < ${width}u; c++) { ${this.source.store(value, `place * ${width}u + 4u * d + c`, 'x[c]')} }
}`);
    return repeat(
      held,
      (i) => `if (first + line + ${side * i}u < ${this.limit(rows)}u) {
  let place = ${this.place(rows, `(first + line + ${side * i}u)`)};
  ${repeat(columns, (n) => `${name}(place, column + ${side * n}u, ${result(i, n)});`)}
}`,
    );
  }
}

/** Workgroups, one for each block of held rows of each row and key head. */
export const gridOfBlocks = (s: AttentionShape, rows: Rows, tiling: Tiling): Workgroups =>
  gridOf(s.rows * s.kvHeads * blocksOf(s, rows, tiling));

const rowsOf = (s: AttentionShape, rows: Rows): number => s.length * (rows === 'queries' ? s.heads / s.kvHeads : 1);
const blocksOf = (s: AttentionShape, rows: Rows, tiling: Tiling): number =>
  Math.ceil(rowsOf(s, rows) / (side * tiling.held));
