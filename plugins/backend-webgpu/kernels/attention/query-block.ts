import type { Value } from '../../lower/value.js';
import { range, repeat } from '../repeat.js';
import { pack, part, vec } from './fragments.js';
import { initialMaximum } from './shape.js';
import type { Tiles } from './tiles.js';
import { invocations, side } from './tiling.js';

/**
 * A resident block of queries past which keys are streamed, with the running maximum `top0`, … and sum `total0`, … of
 * online softmax for each query of an invocation. Each invocation sums up the weights of its own keys; only the maxima
 * are exchanged at every step, as in FlashAttention-2.
 */
export class QueryBlock {
  constructor(private readonly tiles: Tiles) {
    tiles.source.declare(`var<workgroup> lines: array<${vec(tiles.tiling.resident)}, ${invocations}>;
var<workgroup> reach: atomic<u32>;
var<workgroup> span: u32;`);
  }

  /**
   * Finds the tokens of the queries, and the keys from `begin`, where a tile starts, to before `end` that any of them
   * sees.
   */
  begin(starts: Value): string {
    const { tiles } = this,
      count = tiles.rowCount('queries');
    return `if (lane == 0u) { atomicStore(&reach, 0u); }
workgroupBarrier();
let end = ${tiles.token(`min(first + ${tiles.residentRows}u, ${count}u) - 1u`)} + 1u;
${this.eachRow(
  (i) => `let token${i} = ${tiles.token(tiles.residentRow(i))};
var start${i} = ${tiles.shape.length}u;
if (${tiles.residentRow(i)} < ${count}u) {
  start${i} = u32(${tiles.source.load(starts, `row + token${i}`)});
  atomicMax(&reach, end - start${i});
}
var top${i} = ${initialMaximum};
var total${i} = 0.0;`,
)}
workgroupBarrier();
if (lane == 0u) { span = atomicLoad(&reach); }
let begin = (end - workgroupUniformLoad(&span)) / ${tiles.streamedRows}u * ${tiles.streamedRows}u;`;
  }

  /** Hides the scores of keys that a query does not see, and shares the largest of the others. */
  mask(): string {
    const { resident, streamed } = this.tiles.tiling,
      keys = vec(streamed, 'u32');
    const largest = (i: number): string => this.scores(i).reduce((a, b) => `max(${a}, ${b})`);
    return `let key = ${pack(streamed, (c) => this.tiles.streamedRow(c), 'u32')};
${this.eachRow(
  (i) => `let seen${i} = (key >= ${keys}(start${i})) & (key <= ${keys}(token${i}));
s${i} = select(${vec(streamed)}(${initialMaximum}), s${i}, seen${i});`,
)}
lines[lane] = ${pack(resident, largest)};`;
  }

  /**
   * Turns scores into weights, which lack the division by their sum, after a barrier; sums so far shrink by `shrink0`,
   * …
   */
  weigh(sums: string): string {
    const { resident, streamed } = this.tiles.tiling;
    return `${this.across('peak', (a, b) => `max(${a}, ${b})`)}
${this.eachRow(
  (i) => `let next${i} = max(top${i}, ${part('peak', i, resident)});
let shrink${i} = exp_f32(top${i} - next${i});
top${i} = next${i};
s${i} = select(${vec(streamed)}(), exp_each(s${i} - next${i}), seen${i});
total${i} = total${i} * shrink${i} + (${this.scores(i).join(' + ')});`,
)}
${this.tiles.eachSum((i, n) => `${sums}${i}_${n} *= shrink${i};`)}`;
  }

  /** Declares `name`, the sums of `${from}0`, … over the invocations of each line. */
  sum(name: string, from: string): string {
    return `lines[lane] = ${pack(this.tiles.tiling.resident, (i) => `${from}${i}`)};
workgroupBarrier();
${this.across(name, (a, b) => `${a} + ${b}`)}`;
  }

  /** The scores of an invocation for its resident row i, one for each of its streamed rows. */
  private scores(i: number): string[] {
    const { streamed } = this.tiles.tiling;
    return range(streamed).map((c) => part(`s${i}`, c, streamed));
  }

  private across(name: string, combine: (a: string, b: string) => string): string {
    return `var ${name} = lines[line * ${side}u];
for (var n = 1u; n < ${side}u; n++) { ${name} = ${combine(name, `lines[line * ${side}u + n]`)}; }`;
  }

  private eachRow(piece: (i: number) => string): string {
    return repeat(this.tiles.tiling.resident, piece);
  }
}
