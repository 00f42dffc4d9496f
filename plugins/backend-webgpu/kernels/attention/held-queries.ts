import type { Value } from '../../lower/value.js';
import { repeat } from '../repeat.js';
import { pack, part, vec } from './fragments.js';
import { lowest, type AttentionShape } from './shape.js';
import type { Tiles } from './tiles.js';
import { invocations, side } from './tiling.js';

/**
 * A block of queries that keys pass by, with the running maximum `top0`, … and sum `total0`, … of online softmax for each query of an
 * invocation. Each invocation sums up the weights of its own keys; only the maxima are exchanged at every step, as in FlashAttention-2.
 */
export class HeldQueries {
  constructor(
    private readonly tiles: Tiles,
    private readonly s: AttentionShape,
  ) {
    tiles.source.declare(
      `var<workgroup> lines: array<${vec(tiles.tiling.held)}, ${invocations}>;\nvar<workgroup> reach: atomic<u32>;\nvar<workgroup> span: u32;`,
    );
  }

  /** Finds the tokens of the queries, and the keys from `begin`, where a tile starts, to before `end` that any of them sees. */
  begin(starts: Value): string {
    const { tiles } = this,
      limit = tiles.limit('queries');
    return `if (lane == 0u) { atomicStore(&reach, 0u); }
workgroupBarrier();
let end = ${tiles.token(`min(first + ${tiles.heldRows}u, ${limit}u) - 1u`)} + 1u;
${this.rows(
  (i) => `let token${i} = ${tiles.token(`first + line + ${side * i}u`)};
var start${i} = ${this.s.length}u;
if (first + line + ${side * i}u < ${limit}u) {
  start${i} = u32(${tiles.source.load(starts, `row + token${i}`)});
  atomicMax(&reach, end - start${i});
}
var top${i} = ${lowest};
var total${i} = 0.0;`,
)}
workgroupBarrier();
if (lane == 0u) { span = atomicLoad(&reach); }
let begin = (end - workgroupUniformLoad(&span)) / ${tiles.passingRows}u * ${tiles.passingRows}u;`;
  }

  /** Hides the scores of keys that a query does not see, and hands on the largest of the others. */
  mask(): string {
    const { held, passing } = this.tiles.tiling,
      type = vec(passing);
    const largest = (i: number): string =>
      Array.from({ length: passing }, (_, c) => part(`s${i}`, c, passing)).reduce((a, b) => `max(${a}, ${b})`);
    return `let key = ${pack(passing, (c) => `at + column + ${side * c}u`, 'u32')};
${this.rows((i) => `let seen${i} = (key >= ${vec(passing, 'u32')}(start${i})) & (key <= ${vec(passing, 'u32')}(token${i})); s${i} = select(${type}(${lowest}), s${i}, seen${i});`)}
lines[lane] = ${pack(held, largest)};`;
  }

  /** Turns scores into weights, which lack the division by their sum, after a barrier; sums so far shrink by `shrink0`, … */
  weigh(sums: string): string {
    const { held, passing } = this.tiles.tiling;
    const sum = (i: number): string => Array.from({ length: passing }, (_, c) => part(`s${i}`, c, passing)).join(' + ');
    return `${this.across('peak', (a, b) => `max(${a}, ${b})`)}
${this.rows(
  (
    i,
  ) => `let next${i} = max(top${i}, ${part('peak', i, held)}); let shrink${i} = exp_f32(top${i} - next${i}); top${i} = next${i};
s${i} = select(${vec(passing)}(), exp_each(s${i} - next${i}), seen${i}); total${i} = total${i} * shrink${i} + (${sum(i)});`,
)}
${this.tiles.eachSum((i, n) => `${sums}${i}_${n} *= shrink${i};`)}`;
  }

  /** Declares `name`, the sums of `${from}0`, … over the invocations of each line. */
  sum(name: string, from: string): string {
    return `lines[lane] = ${pack(this.tiles.tiling.held, (i) => `${from}${i}`)};
workgroupBarrier();
${this.across(name, (a, b) => `${a} + ${b}`)}`;
  }

  private across(name: string, combine: (a: string, b: string) => string): string {
    return `var ${name} = lines[line * ${side}u];
for (var n = 1u; n < ${side}u; n++) { ${name} = ${combine(name, `lines[line * ${side}u + n]`)}; }`;
  }

  private rows(line: (i: number) => string): string {
    return repeat(this.tiles.tiling.held, line);
  }
}
