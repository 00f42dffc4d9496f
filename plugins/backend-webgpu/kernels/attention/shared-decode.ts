import { gridOf, maxWorkgroups, type Kernel } from '../../lower/kernel.js';
import type { Target } from '../../lower/unit.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';
import { repeat } from '../repeat.js';
import { addDot } from './fragments.js';
import { describeDecode, lowest, type DecodeShape } from './shape.js';

/** Invocations of a workgroup, and cached tokens of one step. */
const threads = 128;
/** Query heads of one workgroup at most: each takes registers of its own. */
const most = 8;
/** Tokens whose values an invocation loads before it uses the first. */
const ahead = 4;

/** How a workgroup deals out the mix of values: `across` invocations to a token, each with `columns` elements of `unit` numbers, `down` tokens at a time. */
interface Deal {
  readonly unit: number;
  readonly length: number;
  readonly across: number;
  readonly down: number;
  readonly columns: number;
}

function dealOf(width: number, unit: number): Deal {
  const length = width / unit,
    across = Math.min(length, threads);
  return { unit, length, across, down: Math.floor(threads / across), columns: Math.ceil(length / across) };
}

/** Weights of one query: those of a step, and zeros that loads ahead may meet. */
const weightsOf = ({ down }: Deal): number => threads + ahead * down;

/** Query heads on one key head that a workgroup can serve with one pass over the cache; undefined if not even one fits its memory. */
export function queriesTogether({ heads, kvHeads, width }: DecodeShape, workgroupBytes: number): number | undefined {
  const group = heads / kvHeads,
    deal = dealOf(width, width % 4 === 0 ? 4 : 1);
  const bytes = (queries: number): number =>
    16 * Math.ceil(width / 4) * (queries + 1) + 4 * queries * (weightsOf(deal) + deal.down + 2) + 16 * threads + 64;
  for (let parts = Math.ceil(group / most); parts <= group; parts++) {
    const queries = Math.ceil(group / parts);
    if (bytes(queries) <= workgroupBytes) return queries;
  }
  return undefined;
}

/**
 * One workgroup per slot and key head, so that all queries on it share the loads of the cache. An invocation scores one cached token, then
 * mixes elements of the values of some tokens. Only maxima are exchanged at every step, as integers of the same order: they are the same in whatever order they are found.
 */
export function sharedDecode(
  s: DecodeShape,
  together: number,
  { subgroups }: Target,
  inputs: readonly Value[],
  output: Value,
): Kernel {
  return {
    label: `decode attention ${describeDecode(s)}`,
    reads: new Map(inputs.map((value) => [value, 'anywhere'])),
    writes: [output],
    workgroups: gridOf(s.slots * s.kvHeads * Math.ceil(s.heads / s.kvHeads / together)),
    write: (source) => new SharedDecode(source, s, together, subgroups, inputs, output).write(),
  };
}

class SharedDecode {
  private readonly group: number;
  /** Vectors of four elements of a query. */
  private readonly vectors: number;
  private readonly deal: Deal;

  constructor(
    private readonly source: KernelSource,
    private readonly s: DecodeShape,
    private readonly together: number,
    private readonly subgroups: boolean,
    private readonly inputs: readonly Value[],
    private readonly output: Value,
  ) {
    const [, , v, , values] = inputs as [Value, Value, Value, Value, Value];
    this.group = s.heads / s.kvHeads;
    this.vectors = Math.ceil(s.width / 4);
    this.deal = dealOf(s.width, s.width % 4 === 0 && source.hasVectors(v) && source.hasVectors(values) ? 4 : 1);
  }

  write(): void {
    const { source, together, deal, s } = this,
      type = deal.unit === 4 ? 'vec4f' : 'f32',
      lengths = this.inputs[5]!;
    if (this.subgroups) source.enable('subgroups');
    source.declare(`var<workgroup> query: array<vec4f, ${(together + 1) * this.vectors}>;
var<workgroup> own_score: array<f32, ${together}>;
var<workgroup> peak: array<atomic<u32>, ${together}>;
var<workgroup> weights: array<f32, ${together * weightsOf(deal)}>;
var<workgroup> sums: array<${type}, ${threads}>;
var<workgroup> totals: array<f32, ${together * deal.down}>;
${addDot}
fn order(x: f32) -> u32 { let bits = bitcast<u32>(x); return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u); }
fn unorder(key: u32) -> f32 { return bitcast<f32>(select(~key, key & 0x7fffffffu, (key & 0x80000000u) != 0u)); }`);
    source.main(
      [threads],
      `${this.place()}
let length = min(u32(${source.load(lengths, 'slot')}), ${s.capacity}u);
${this.scoreItself()}
let line = lane / ${deal.across}u;
let column = lane % ${deal.across}u;
${repeat(together, (j) => `var top${j} = own_score[${j}]; var total${j} = 0.0; ${repeat(deal.columns, (n) => `var mixed${j}_${n} = ${type}();`)}`)}
for (var start = 0u; start < length; start += ${threads}u) {
  ${this.score()}
  workgroupBarrier();
  ${this.weigh()}
  workgroupBarrier();
  ${this.mix()}
}
${this.finish()}`,
    );
  }

  /** Finds the slot and key head, counted together as `kv`, and the first query. */
  private place(): string {
    const { s, together, group } = this,
      parts = Math.ceil(group / together),
      total = s.slots * s.kvHeads * parts;
    return `let id = group.x + group.y * ${maxWorkgroups}u;
if (id >= ${total}u) { return; }
let kv = id / ${parts}u;
let slot = kv / ${s.kvHeads}u;
let first = kv * ${group}u + id % ${parts}u * ${together}u;
let last = kv * ${group}u + ${group - 1}u;`;
  }

  /** Loads the queries and the new key, and scores the new token: the maximum before the first step. */
  private scoreItself(): string {
    const {
        source,
        together,
        vectors,
        s: { width },
      } = this,
      [q, k] = this.inputs as [Value, Value];
    return `for (var e = lane; e < ${(together + 1) * vectors}u; e += ${threads}u) {
  let j = e / ${vectors}u;
  var x = vec4f();
  for (var c = 0u; c < 4u; c++) {
    let d = e % ${vectors}u * 4u + c;
    if (d >= ${width}u) { continue; }
    if (j < ${together}u) { x[c] = ${source.load(q, `min(first + j, last) * ${width}u + d`)} * ${1 / Math.sqrt(width)}; } else { x[c] = ${source.load(k, `kv * ${width}u + d`)}; }
  }
  query[e] = x;
}
for (var e = lane; e < ${together * weightsOf(this.deal)}u; e += ${threads}u) { weights[e] = 0.0; }
workgroupBarrier();
if (lane < ${together}u) {
  var score = 0.0;
  for (var d = 0u; d < ${vectors}u; d++) { score = add_dot(query[lane * ${vectors}u + d], query[${together * vectors}u + d], score); }
  own_score[lane] = score;
  atomicStore(&peak[lane], order(score));
}
workgroupBarrier();`;
  }

  /** The score of one cached token for every query, and the largest of them all. */
  private score(): string {
    const {
        source,
        together,
        vectors,
        s: { width, capacity },
      } = this,
      keys = this.inputs[3]!;
    // Past the width the query is zero, and any element will do.
    const element = (c: number): string =>
      source.load(
        keys,
        `(kv * ${width}u + ${width % 4 === 0 ? `4u * d + ${c}u` : `min(4u * d + ${c}u, ${width - 1}u)`}) * ${capacity}u + token`,
      );
    return `let token = start + lane;
${repeat(together, (j) => `var score${j} = ${lowest};`)}
if (token < length) {
  ${repeat(together, (j) => `score${j} = 0.0;`)}
  for (var d = 0u; d < ${vectors}u; d++) {
    let x = vec4f(${[0, 1, 2, 3].map(element).join(', ')});
    ${repeat(together, (j) => `score${j} = add_dot(query[${j * vectors}u + d], x, score${j});`)}
  }
}
${
  this.subgroups
    ? `${repeat(together, (j) => `let largest${j} = subgroupMax(score${j});`)}\nif (subgroupElect()) { ${repeat(together, (j) => `atomicMax(&peak[${j}], order(largest${j}));`)} }`
    : repeat(together, (j) => `atomicMax(&peak[${j}], order(score${j}));`)
}`;
  }

  private weigh(): string {
    return repeat(
      this.together,
      (
        j,
      ) => `let next${j} = unorder(atomicLoad(&peak[${j}])); let shrink${j} = exp_f32(top${j} - next${j}); top${j} = next${j};
weights[${j * weightsOf(this.deal)}u + lane] = select(0.0, exp_f32(score${j} - next${j}), token < length);
total${j} *= shrink${j}; ${repeat(this.deal.columns, (n) => `mixed${j}_${n} *= shrink${j};`)}`,
    );
  }

  /** Adds up weights and weighted values of every token in an invocation's line. Past the last token weights are zero. */
  private mix(): string {
    const { down, columns } = this.deal,
      cell = (c: number, n: number): string => `value${c}_${n}`;
    return `let count = min(${threads}u, length - start);
for (var e = select(count, line, line < ${down}u); e < count; e += ${ahead * down}u) {
  ${repeat(ahead, (c) => repeat(columns, (n) => `let ${cell(c, n)} = ${this.value(this.inputs[4]!, `(kv * ${this.s.capacity}u + start + min(e + ${c * down}u, count - 1u))`, n)};`))}
  ${repeat(this.together, (j) => repeat(ahead, (c) => `let w${j}_${c} = weights[${j * weightsOf(this.deal)}u + e + ${c * down}u]; total${j} += w${j}_${c}; ${repeat(columns, (n) => `mixed${j}_${n} += w${j}_${c} * ${cell(c, n)};`)}`))}
}`;
  }

  /** Element n of an invocation in a row of values. */
  private value(values: Value, row: string, n: number): string {
    const { unit, length, across } = this.deal,
      index = `${row} * ${length}u + ${n === 0 ? 'column' : `min(column + ${n * across}u, ${length - 1}u)`}`;
    return unit === 4 ? this.source.loadVector(values, index) : this.source.load(values, index);
  }

  /** Adds the new token, sums up over the lines, and stores. */
  private finish(): string {
    const { down, columns } = this.deal,
      { together } = this;
    return `if (line == 0u) {
  ${repeat(columns, (n) => `let new_value${n} = ${this.value(this.inputs[2]!, 'kv', n)};`)}
  ${repeat(together, (j) => `let own${j} = exp_f32(own_score[${j}] - top${j}); total${j} += own${j}; ${repeat(columns, (n) => `mixed${j}_${n} += own${j} * new_value${n};`)}`)}
}
if (column == 0u && line < ${down}u) { ${repeat(together, (j) => `totals[${j * down}u + line] = total${j};`)} }
${repeat(together, (j) =>
  repeat(
    columns,
    (n) => `sums[lane] = mixed${j}_${n};
workgroupBarrier();
if (line == 0u && first + ${j}u <= last) { ${this.store(j, n)} }
workgroupBarrier();`,
  ),
)}`;
  }

  private store(j: number, n: number): string {
    const { unit, length, across, down } = this.deal,
      { width } = this.s,
      at = `(first + ${j}u) * ${width}u + ${unit}u * (column + ${n * across}u)`;
    return `var total = totals[${j * down}u];
  var sum = sums[column];
  for (var r = 1u; r < ${down}u; r++) { total += totals[${j * down}u + r]; sum += sums[r * ${across}u + column]; }
  if (column + ${n * across}u < ${length}u) { ${repeat(unit, (c) => this.source.store(this.output, `${at} + ${c}u`, `${unit === 4 ? `sum[${c}]` : 'sum'} / total`))} }`;
  }
}
