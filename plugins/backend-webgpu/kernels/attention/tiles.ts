import { gridOf, maxWorkgroups, type Workgroups } from '../../lower/dispatch.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';
import { repeat } from '../repeat.js';
import { addDot, pack, part, vec } from './fragments.js';
import { groupSize, type AttentionShape } from './shape.js';
import { invocations, side, type Tiling } from './tiling.js';

/** The queries of one row and key head, all heads of a token before the next token; or its keys. */
export type Rows = 'queries' | 'keys';

/** What is copied into a tile. */
interface Fill {
  readonly value: Value;
  readonly rows: Rows;
  /** The first row that is copied. */
  readonly first: string;
  /** By which elements are multiplied. */
  readonly scale?: number;
}

/**
 * What the tiled kernels share. Invocations form a square: `line` says which resident rows are an invocation's own
 * (line, line + 8, …), `column` which streamed rows and which vectors of a result. Queries of all heads that read the
 * same keys are rows of one block. In WGSL the tile of streamed rows is called `passing`.
 */
export class Tiles {
  /** Rows of a tile. */
  readonly residentRows: number;
  readonly streamedRows: number;
  private readonly group: number;
  private readonly loaders = new Map<Value, string>();
  private functions = 0;

  constructor(
    readonly source: KernelSource,
    readonly shape: AttentionShape,
    readonly tiling: Tiling,
  ) {
    const { resident, streamed, stride, slack } = tiling;
    this.residentRows = side * resident;
    this.streamedRows = side * streamed;
    this.group = groupSize(shape);
    const exponentials = pack(streamed, (c) => `exp_f32(${part('x', c, streamed)})`);
    source.declare(`var<workgroup> passing: array<vec4f, ${this.streamedRows * stride + slack}>;
var<workgroup> scores: array<${vec(streamed)}, ${this.residentRows * side}>;
${addDot}
fn exp_each(x: ${vec(streamed)}) -> ${vec(streamed)} { return ${exponentials}; }`);
  }

  /** Number of rows of one pair of row and key head. */
  rowCount(rows: Rows): number {
    return rowsOf(this.shape, rows);
  }

  /** The number of a row among all of its tensor, each `width` elements long. */
  rowIndex(rows: Rows, r: string): string {
    const { heads, kvHeads } = this.shape;
    return rows === 'keys'
      ? `(row + ${r}) * ${kvHeads}u + kv`
      : `(row + (${r}) / ${this.group}u) * ${heads}u + kv * ${this.group}u + (${r}) % ${this.group}u`;
  }

  /** The position of a query's token within its row. */
  token(r: string): string {
    return `(${r}) / ${this.group}u`;
  }

  /**
   * Finds the block of a workgroup, `first` being its first row. Those with the most work start first: late queries,
   * early keys.
   */
  locateBlock(rows: Rows): string {
    const { rows: outer, kvHeads, length } = this.shape,
      pairs = outer * kvHeads,
      blocks = blocksOf(this.shape, rows, this.tiling);
    const block = rows === 'queries' ? `(${blocks - 1}u - id / ${pairs}u)` : `id / ${pairs}u`;
    return `let id = group.x + group.y * ${maxWorkgroups}u;
if (id >= ${pairs * blocks}u) { return; }
let row = id % ${pairs}u / ${kvHeads}u * ${length}u;
let kv = id % ${kvHeads}u;
let first = ${block} * ${this.residentRows}u;
let line = lane / ${side}u;
let column = lane % ${side}u;`;
  }

  /** Resident row i of an invocation, as a row of its pair of row and key head. */
  residentRow(i: number): string {
    return `first + line + ${side * i}u`;
  }

  /** Streamed row c of an invocation. */
  streamedRow(c: number): string {
    return `at + column + ${side * c}u`;
  }

  /** Vector n of an invocation in a result row. */
  resultColumn(n: number): string {
    return `column + ${side * n}u`;
  }

  /** The component for resident row i of a vector with one number for each. */
  ofRow(name: string, i: number): string {
    return part(name, i, this.tiling.resident);
  }

  /** Index at which resident row i of an invocation starts in a tile. */
  tileOffset(i: number): string {
    return `(line + ${side * i}u) * ${this.tiling.stride}u`;
  }

  /** Declares a tile for resident rows. */
  declareTile(name: string): void {
    const { stride, slack } = this.tiling;
    this.source.declare(`var<workgroup> ${name}: array<vec4f, ${this.residentRows * stride + slack}>;`);
  }

  /** Copies rows of a tensor into a tile; those past the last are zero. */
  fill(tile: string, { value, rows, first, scale }: Fill): string {
    const { vectors, stride } = this.tiling,
      size = tile === 'passing' ? this.streamedRows : this.residentRows,
      factor = scale === undefined ? '' : ` * ${scale}`;
    return `for (var e = lane; e < ${size * vectors}u; e += ${invocations}u) {
  let r = ${first} + e / ${vectors}u;
  var x = vec4f();
  if (r < ${this.rowCount(rows)}u) {
    x = ${this.loader(value)}(${this.rowIndex(rows, 'r')}, e % ${vectors}u)${factor};
  }
  ${tile}[e / ${vectors}u * ${stride}u + e % ${vectors}u] = x;
}`;
  }

  /** The name of a function that loads a vector of a row. */
  loader(value: Value): string {
    const known = this.loaders.get(value);
    if (known !== undefined) return known;
    const name = `load_row_${this.functions++}`;
    this.loaders.set(value, name);
    this.source.declare(`fn ${name}(place: u32, d: u32) -> vec4f {\n${this.loaderBody(value)}\n}`);
    return name;
  }

  private loaderBody(value: Value): string {
    const { source } = this,
      { width } = this.shape,
      { vectors } = this.tiling;
    if (width % 4 === 0 && source.hasVectors(value))
      return `return ${source.loadVector(value, `place * ${vectors}u + d`)};`;
    return `var x = vec4f();
for (var c = 0u; c < min(4u, ${width}u - 4u * d); c++) {
  x[c] = ${source.load(value, `place * ${width}u + 4u * d + c`)};
}
return x;`;
  }

  /** Products of an invocation's resident rows of `tile` with its streamed rows, as variables `name0`, `name1`, … */
  products(name: string, tile: string): string {
    const { resident, streamed, vectors, stride } = this.tiling;
    const sums = (i: number): string =>
      pack(streamed, (c) => `add_dot(x${i}, y${c}, ${part(`${name}${i}`, c, streamed)})`);
    return `${repeat(resident, (i) => `var ${name}${i} = ${vec(streamed)}();`)}
for (var d = 0u; d < ${vectors}u; d++) {
  ${repeat(resident, (i) => `let x${i} = ${tile}[${this.tileOffset(i)} + d];`)}
  ${repeat(streamed, (c) => `let y${c} = passing[(column + ${side * c}u) * ${stride}u + d];`)}
  ${repeat(resident, (i) => `${name}${i} = ${sums(i)};`)}
}`;
  }

  /** Shares an invocation's scores `name0`, … with those that sum up the result. */
  shareScores(name: string): string {
    return repeat(this.tiling.resident, (i) => `scores[(line + ${side * i}u) * ${side}u + column] = ${name}${i};`);
  }

  /** Sums of result rows, as variables `name0_0`, `name0_1`, … */
  declareSums(name: string): string {
    return this.eachSum((i, n) => `var ${name}${i}_${n} = vec4f();`);
  }

  eachSum(line: (i: number, n: number) => string): string {
    return repeat(this.tiling.resident, (i) => repeat(this.tiling.columns, (n) => line(i, n)));
  }

  /** Adds the product of the shared scores with the streamed rows to the sums. */
  addProduct(name: string): string {
    const { resident, streamed, columns, stride } = this.tiling;
    const load = (c: number, n: number): string =>
      `let y${c}_${n} = passing[(e + ${side * c}u) * ${stride}u + column + ${side * n}u];`;
    const add = (c: number): string =>
      this.eachSum((i, n) => {
        const sum = `${name}${i}_${n}`;
        return `${sum} = fma(vec4f(${part(`p${i}`, c, streamed)}), y${c}_${n}, ${sum});`;
      });
    return `for (var e = 0u; e < ${side}u; e++) {
  ${repeat(resident, (i) => `let p${i} = scores[(line + ${side * i}u) * ${side}u + e];`)}
  ${repeat(streamed, (c) => `${repeat(columns, (n) => load(c, n))}\n  ${add(c)}`)}
}`;
  }

  /** Stores an invocation's part of the result rows; `result` is an expression for column n of row i. */
  store(value: Value, rows: Rows, result: (i: number, n: number) => string): string {
    const { width } = this.shape,
      { resident, columns } = this.tiling,
      name = `store_row_${this.functions++}`;
    this.source.declare(`fn ${name}(place: u32, d: u32, x: vec4f) {
for (var c = 0u; c < 4u && 4u * d + c < ${width}u; c++) {
  ${this.source.store(value, `place * ${width}u + 4u * d + c`, 'x[c]')}
}
}`);
    return repeat(
      resident,
      (i) => `if (${this.residentRow(i)} < ${this.rowCount(rows)}u) {
  let place = ${this.rowIndex(rows, `(${this.residentRow(i)})`)};
  ${repeat(columns, (n) => `${name}(place, ${this.resultColumn(n)}, ${result(i, n)});`)}
}`,
    );
  }
}

/** Workgroups, one for each block of resident rows of each row and key head. */
export const gridOfBlocks = (s: AttentionShape, rows: Rows, tiling: Tiling): Workgroups =>
  gridOf(s.rows * s.kvHeads * blocksOf(s, rows, tiling));

const rowsOf = (s: AttentionShape, rows: Rows): number => s.length * (rows === 'queries' ? groupSize(s) : 1);
const blocksOf = (s: AttentionShape, rows: Rows, tiling: Tiling): number =>
  Math.ceil(rowsOf(s, rows) / (side * tiling.resident));
