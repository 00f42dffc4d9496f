import { gridOf, maxWorkgroups } from '../../lower/dispatch.js';
import { readAnywhere, type Kernel } from '../../lower/kernel.js';
import type { Value } from '../../lower/value.js';
import type { KernelSource } from '../source.js';
import { range, repeat } from '../repeat.js';
import { addDot } from './fragments.js';
import { describeDecode, groupSize, initialMaximum, type DecodeInputs, type DecodeShape } from './shape.js';

/** Invocations of a workgroup, and cached tokens of one step. */
const threads = 128;
/** Maximum number of query heads of one workgroup: each takes registers of its own. */
const maximumQueries = 8;
/** Tokens whose values an invocation loads before it uses the first. */
const prefetched = 4;

/**
 * How a workgroup divides the mixing of values: `across` invocations per token, each with `columns` elements of `unit`
 * numbers, `down` tokens at a time.
 */
interface Division {
  readonly unit: number;
  readonly length: number;
  readonly across: number;
  readonly down: number;
  readonly columns: number;
}

function divisionOf(width: number, unit: number): Division {
  const length = width / unit,
    across = Math.min(length, threads);
  return { unit, length, across, down: Math.floor(threads / across), columns: Math.ceil(length / across) };
}

/** Number of weights of one query: those of a step, and zeros that prefetching may meet. */
const weightCount = ({ down }: Division): number => threads + prefetched * down;

/**
 * Query heads on one key head that a workgroup can serve with one pass over the cache; undefined if not even one fits
 * its memory.
 */
export function queriesPerWorkgroup(s: DecodeShape, workgroupBytes: number): number | undefined {
  const group = groupSize(s),
    { width } = s,
    division = divisionOf(width, width % 4 === 0 ? 4 : 1);
  const bytesOf = (queries: number): number =>
    16 * Math.ceil(width / 4) * (queries + 1) +
    4 * queries * (weightCount(division) + division.down + 2) +
    16 * threads +
    64;
  for (let parts = Math.ceil(group / maximumQueries); parts <= group; parts++) {
    const queries = Math.ceil(group / parts);
    if (bytesOf(queries) <= workgroupBytes) return queries;
  }
  return undefined;
}

/** A decode step of which a workgroup serves some queries. */
interface SharedShape extends DecodeShape {
  /** Query heads of one workgroup, see {@link queriesPerWorkgroup}. */
  readonly queries: number;
  /** Whether the kernel may use subgroup operations. */
  readonly subgroups: boolean;
}

/**
 * One workgroup per lane of the decode batch and key head, so that all queries on it share the loads of the cache. An
 * invocation scores one cached token, then mixes elements of the values of some tokens. Only maxima are exchanged at
 * every step, as integers of the same order: they are the same in whatever order they are found.
 */
export const sharedDecode = (s: SharedShape, inputs: DecodeInputs, output: Value): Kernel => ({
  label: `decode attention ${describeDecode(s)}`,
  reads: readAnywhere(Object.values(inputs)),
  writes: [output],
  workgroups: gridOf(s.lanes * s.kvHeads * Math.ceil(groupSize(s) / s.queries)),
  write: (source) => new SharedDecodeSource(source, s, inputs, output).write(),
});

class SharedDecodeSource {
  private readonly group: number;
  /** Vectors of four elements of a query. */
  private readonly vectors: number;
  private readonly division: Division;

  constructor(
    private readonly source: KernelSource,
    private readonly s: SharedShape,
    private readonly inputs: DecodeInputs,
    private readonly output: Value,
  ) {
    const { v, values } = inputs,
      hasVectors = s.width % 4 === 0 && source.hasVectors(v) && source.hasVectors(values);
    this.group = groupSize(s);
    this.vectors = Math.ceil(s.width / 4);
    this.division = divisionOf(s.width, hasVectors ? 4 : 1);
  }

  write(): void {
    const { source, division, s } = this;
    if (s.subgroups) source.enable('subgroups');
    this.declare();
    source.main(
      [threads],
      `${this.locateQueries()}
let length = min(u32(${source.load(this.inputs.lengths, 'slot')}), ${s.capacity}u);
${this.scoreNewToken()}
let line = lane / ${division.across}u;
let column = lane % ${division.across}u;
${this.eachQuery(
  (j) => `var top${j} = own_score[${j}];
var total${j} = 0.0;
${this.eachColumn((n) => `var mixed${j}_${n} = ${this.unitType}();`)}`,
)}
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

  private get unitType(): string {
    return this.division.unit === 4 ? 'vec4f' : 'f32';
  }

  private eachQuery(piece: (j: number) => string): string {
    return repeat(this.s.queries, piece);
  }

  private eachColumn(piece: (n: number) => string): string {
    return repeat(this.division.columns, piece);
  }

  private declare(): void {
    const { division, vectors } = this,
      { queries } = this.s;
    this.source.declare(`var<workgroup> query: array<vec4f, ${(queries + 1) * vectors}>;
var<workgroup> own_score: array<f32, ${queries}>;
var<workgroup> peak: array<atomic<u32>, ${queries}>;
var<workgroup> weights: array<f32, ${queries * weightCount(division)}>;
var<workgroup> sums: array<${this.unitType}, ${threads}>;
var<workgroup> totals: array<f32, ${queries * division.down}>;
${addDot}
fn order(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
}
fn unorder(key: u32) -> f32 { return bitcast<f32>(select(~key, key & 0x7fffffffu, (key & 0x80000000u) != 0u)); }`);
  }

  /** Finds the lane of the decode batch (`slot`) and the key head, counted together as `kv`, and the first query. */
  private locateQueries(): string {
    const { s, group } = this,
      parts = Math.ceil(group / s.queries),
      total = s.lanes * s.kvHeads * parts;
    return `let id = group.x + group.y * ${maxWorkgroups}u;
if (id >= ${total}u) { return; }
let kv = id / ${parts}u;
let slot = kv / ${s.kvHeads}u;
let first = kv * ${group}u + id % ${parts}u * ${s.queries}u;
let last = kv * ${group}u + ${group - 1}u;`;
  }

  /** Loads the queries and the new key, and scores the new token: the maximum before the first step. */
  private scoreNewToken(): string {
    const { source, vectors } = this,
      { width, queries } = this.s,
      { q, k } = this.inputs;
    const query = source.load(q, `min(first + j, last) * ${width}u + d`),
      key = source.load(k, `kv * ${width}u + d`);
    return `for (var e = lane; e < ${(queries + 1) * vectors}u; e += ${threads}u) {
  let j = e / ${vectors}u;
  var x = vec4f();
  for (var c = 0u; c < 4u; c++) {
    let d = e % ${vectors}u * 4u + c;
    if (d >= ${width}u) { continue; }
    if (j < ${queries}u) { x[c] = ${query} * ${1 / Math.sqrt(width)}; } else { x[c] = ${key}; }
  }
  query[e] = x;
}
for (var e = lane; e < ${queries * weightCount(this.division)}u; e += ${threads}u) { weights[e] = 0.0; }
workgroupBarrier();
if (lane < ${queries}u) {
  var score = 0.0;
  for (var d = 0u; d < ${vectors}u; d++) {
    score = add_dot(query[lane * ${vectors}u + d], query[${queries * vectors}u + d], score);
  }
  own_score[lane] = score;
  atomicStore(&peak[lane], order(score));
}
workgroupBarrier();`;
  }

  /** The score of one cached token for every query, and the largest of them all. */
  private score(): string {
    const { source, vectors } = this,
      { width, capacity, subgroups } = this.s;
    // Past the width the query is zero, and any element will do.
    const row = (c: number): string => (width % 4 === 0 ? `4u * d + ${c}u` : `min(4u * d + ${c}u, ${width - 1}u)`);
    const element = (c: number): string =>
      source.load(this.inputs.keys, `(kv * ${width}u + ${row(c)}) * ${capacity}u + token`);
    const largest = subgroups
      ? `${this.eachQuery((j) => `let largest${j} = subgroupMax(score${j});`)}
if (subgroupElect()) { ${this.eachQuery((j) => `atomicMax(&peak[${j}], order(largest${j}));`)} }`
      : this.eachQuery((j) => `atomicMax(&peak[${j}], order(score${j}));`);
    return `let token = start + lane;
${this.eachQuery((j) => `var score${j} = ${initialMaximum};`)}
if (token < length) {
  ${this.eachQuery((j) => `score${j} = 0.0;`)}
  for (var d = 0u; d < ${vectors}u; d++) {
    let x = vec4f(${range(4).map(element).join(', ')});
    ${this.eachQuery((j) => `score${j} = add_dot(query[${j * vectors}u + d], x, score${j});`)}
  }
}
${largest}`;
  }

  private weigh(): string {
    return this.eachQuery(
      (j) => `let next${j} = unorder(atomicLoad(&peak[${j}]));
let shrink${j} = exp_f32(top${j} - next${j});
top${j} = next${j};
weights[${j * weightCount(this.division)}u + lane] = select(0.0, exp_f32(score${j} - next${j}), token < length);
total${j} *= shrink${j};
${this.eachColumn((n) => `mixed${j}_${n} *= shrink${j};`)}`,
    );
  }

  /**
   * Adds up weights and weighted values of every token in an invocation's line. Past the last token weights are zero.
   */
  private mix(): string {
    const { down } = this.division,
      { capacity } = this.s;
    const load = (c: number, n: number): string => {
      const row = `(kv * ${capacity}u + start + min(e + ${c * down}u, count - 1u))`;
      return `let value${c}_${n} = ${this.value(this.inputs.values, row, n)};`;
    };
    const add = (j: number, c: number): string => {
      const index = `${j * weightCount(this.division)}u + e + ${c * down}u`;
      return `let w${j}_${c} = weights[${index}];
  total${j} += w${j}_${c};
  ${this.eachColumn((n) => `mixed${j}_${n} += w${j}_${c} * value${c}_${n};`)}`;
    };
    return `let count = min(${threads}u, length - start);
for (var e = select(count, line, line < ${down}u); e < count; e += ${prefetched * down}u) {
  ${repeat(prefetched, (c) => this.eachColumn((n) => load(c, n)))}
  ${this.eachQuery((j) => repeat(prefetched, (c) => add(j, c)))}
}`;
  }

  /** Element n of an invocation in a row of values. */
  private value(values: Value, row: string, n: number): string {
    const { unit, length, across } = this.division,
      column = n === 0 ? 'column' : `min(column + ${n * across}u, ${length - 1}u)`,
      index = `${row} * ${length}u + ${column}`;
    return unit === 4 ? this.source.loadVector(values, index) : this.source.load(values, index);
  }

  /** Adds the new token, sums up over the lines, and stores. */
  private finish(): string {
    const { down, columns } = this.division;
    return `if (line == 0u) {
  ${this.eachColumn((n) => `let new_value${n} = ${this.value(this.inputs.v, 'kv', n)};`)}
  ${this.eachQuery(
    (j) => `let own${j} = exp_f32(own_score[${j}] - top${j});
  total${j} += own${j};
  ${this.eachColumn((n) => `mixed${j}_${n} += own${j} * new_value${n};`)}`,
  )}
}
if (column == 0u && line < ${down}u) { ${this.eachQuery((j) => `totals[${j * down}u + line] = total${j};`)} }
${this.eachQuery((j) =>
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
    const { unit, length, across, down } = this.division,
      column = `column + ${n * across}u`,
      element = `(first + ${j}u) * ${this.s.width}u + ${unit}u * (${column})`;
    const number = (c: number): string =>
      this.source.store(this.output, `${element} + ${c}u`, `${unit === 4 ? `sum[${c}]` : 'sum'} / total`);
    return `var total = totals[${j * down}u];
  var sum = sums[column];
  for (var r = 1u; r < ${down}u; r++) {
    total += totals[${j * down}u + r];
    sum += sums[r * ${across}u + column];
  }
  if (${column} < ${length}u) { ${repeat(unit, number)} }`;
  }
}
