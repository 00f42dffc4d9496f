import { elementAt } from '../../../core/arrays.js';
import type { Node } from '../../../core/compute/tensor/graph.js';
import { smallestNormal } from '../../../core/compute/tensor/float32.js';
import { gridOf, maxWorkgroups } from '../lower/dispatch.js';
import { readAnywhere, type Kernel } from '../lower/kernel.js';
import type { Target } from '../lower/target.js';
import type { Value } from '../lower/value.js';
import { acrossWorkgroup } from './across-workgroup.js';
import type { KernelSource } from './source.js';

/** Invocations for a row: a power of two, several tokens each. */
const threadsFor = (vocabulary: number): number =>
  Math.min(256, 2 ** Math.max(4, Math.ceil(Math.log2(vocabulary / 4))));

/**
 * Draws a token per row of logits [N, V], one workgroup each; see `categorical` in the operations. What top-k and top-p
 * keep is a prefix of the tokens in order of falling logits, so it is found without sorting: bisection over the 32 bits
 * of a logit finds the smallest kept one.
 */
export function categorical(node: Node, inputs: readonly Value[], outputs: readonly Value[], target: Target): Kernel[] {
  const [rows, vocabulary] = elementAt(node.inputs, 0).shape as [number, number];
  const values: Values = {
    logits: elementAt(inputs, 0),
    uniforms: elementAt(inputs, 1),
    temperature: elementAt(inputs, 2),
    topP: elementAt(inputs, 3),
    topK: elementAt(inputs, 4),
    token: elementAt(outputs, 0),
    logprob: elementAt(outputs, 1),
  };
  return [
    {
      label: `categorical ${rows}x${vocabulary}`,
      reads: readAnywhere(inputs),
      writes: outputs,
      workgroups: gridOf(rows),
      write: (source) => new CategoricalSource(source, target, { rows, vocabulary }, values).write(),
    },
  ];
}

type Values = Readonly<Record<'logits' | 'uniforms' | 'temperature' | 'topP' | 'topK' | 'token' | 'logprob', Value>>;

/** Extents of the logits. */
interface Extents {
  readonly rows: number;
  readonly vocabulary: number;
}

/** Writes the kernel, in which a workgroup has one row of logits. */
class CategoricalSource {
  private readonly threads: number;
  /** Calls for the sum and the maximum of a variable over the workgroup. */
  private readonly sum: (variable: string) => string;
  private readonly maximum: (variable: string) => string;

  constructor(
    private readonly source: KernelSource,
    target: Target,
    private readonly extents: Extents,
    private readonly values: Values,
  ) {
    const { vocabulary } = extents;
    this.threads = threadsFor(vocabulary);
    declareHelpers(source, this.threads, source.load(values.logits, `row * ${vocabulary}u + id`));
    this.sum = acrossWorkgroup(source, target, this.threads, 'sum');
    this.maximum = acrossWorkgroup(source, target, this.threads, 'max');
  }

  write(): void {
    const body = [this.setUp(), this.cut(), this.findInvocation(), this.drawToken()];
    this.source.main([this.threads], body.join('\n'));
  }

  /** Statements for every token of an invocation, whose number is `id`. */
  private strided(body: string): string {
    return `for (var id = lane; id < ${this.extents.vocabulary}u; id += ${this.threads}u) { ${body} }`;
  }

  /** The settings of a row, its largest logit, and the weight of all tokens. */
  private setUp(): string {
    const { source, values } = this,
      { rows, vocabulary } = this.extents;
    return `let row = group.x + group.y * ${maxWorkgroups}u;
if (row >= ${rows}u) { return; }
let heat = ${source.load(values.temperature, 'row')};
let greedy = heat < ${smallestNormal};
let divisor = select(heat, 1.0, greedy);
let wanted = ${source.load(values.topK, 'row')};
let limit = select(select(u32(wanted), ${vocabulary}u, wanted <= 0), 1u, greedy);
let nucleus = ${source.load(values.topP, 'row')};
var own_top = from_bits(0xff800000u);
${this.strided('own_top = max_f32(own_top, logit(row, id));')}
let top = ${this.maximum('own_top')};
var own_total = 0.0;
${this.strided('own_total += exp_f32(scaled(row, id, top, divisor));')}
let everything = ${this.sum('own_total')};`;
  }

  /**
   * The order of the smallest logit that is kept, `edge`, and how many of the logits equal to it, `ties`. Top-p is a
   * share of what top-k keeps: where both cut, a first search finds the weight of that.
   */
  private cut(): string {
    const { vocabulary } = this.extents;
    return `var edge = 0u;
var ties = 0.0;
var weight_kept = everything;
let first = select(1u, 0u, limit > 1u && limit < ${vocabulary}u && nucleus < 1.0);
for (var search = first; search < 2u; search++) {
  let mass = select(nucleus * weight_kept, from_bits(0x7f800000u), search == 0u || nucleus >= 1.0);
  ${this.findEdge()}
  ${this.countTies()}
  weight_kept = mass_above + ties * tie_weight;
}`;
  }

  /** Bisection for `edge`. */
  private findEdge(): string {
    const { vocabulary } = this.extents;
    return `edge = 0u;
if (limit == 1u) {
  edge = order(0.0);
} else if (limit < ${vocabulary}u || nucleus < 1.0) {
  var low = 0u;
  var high = order(0.0);
  for (var bit = 0u; bit < 32u; bit++) {
    let middle = low + (high - low) / 2u;
    var above = 0.0;
    var weight = 0.0;
    ${this.strided(`let x = scaled(row, id, top, divisor);
      if (order(x) > middle) { above += 1.0; weight += exp_f32(x); }`)}
    let count_above = ${this.sum('above')};
    let mass_above = ${this.sum('weight')};
    let kept = count_above == 0.0 || (count_above < f32(limit) && mass_above < mass);
    if (kept) { high = middle; } else { low = min(middle + 1u, high); }
  }
  edge = high;
}`;
  }

  /** Counts `ties`, and the weight of what is above the edge and of a token at it. */
  private countTies(): string {
    const { vocabulary } = this.extents;
    return `var own_count = 0.0;
var own_mass = 0.0;
${this.strided(`let x = scaled(row, id, top, divisor);
  if (order(x) > edge) { own_count += 1.0; own_mass += exp_f32(x); }`)}
let count_above = ${this.sum('own_count')};
let mass_above = ${this.sum('own_mass')};
let tie_weight = exp_f32(unorder(edge));
let uncut = search == 0u || nucleus >= 1.0 || tie_weight == 0.0;
let by_mass = select(ceil((mass - mass_above) / tie_weight), ${vocabulary}.0, uncut);
ties = max(min(f32(limit) - count_above, by_mass), select(0.0, 1.0, count_above == 0.0));`;
  }

  /** Finds the invocation among whose tokens the running sum of weights passes the uniform number: `chosen`. */
  private findInvocation(): string {
    const { vocabulary } = this.extents,
      span = Math.ceil(vocabulary / this.threads);
    return `let begin = lane * ${span}u;
let end = min(begin + ${span}u, ${vocabulary}u);
var own_ties = 0.0;
for (var id = begin; id < end; id++) { own_ties += select(0.0, 1.0, order(scaled(row, id, top, divisor)) == edge); }
let ties_before = added_before(lane, own_ties);
var seen = ties_before;
var own_weight = 0.0;
for (var id = begin; id < end; id++) {
  own_weight += kept_weight(scaled(row, id, top, divisor), edge, ties, &seen);
}
let weight_before = added_before(lane, own_weight);
parts[lane] = own_weight;
workgroupBarrier();
let total = workgroupUniformLoad(&sum_of_all);
let threshold = min(${this.source.load(this.values.uniforms, 'row')}, 0.99999994) * total;
if (lane == 0u) {
  chosen = 0u;
  var running = 0.0;
  var found = false;
  for (var other = 0u; other < ${this.threads}u; other++) {
    if (found) { continue; }
    if (parts[other] > 0.0) { chosen = other; }
    running += parts[other];
    found = running > threshold;
  }
}
workgroupBarrier();`;
  }

  /** Lets the chosen invocation find the token, and stores it. */
  private drawToken(): string {
    const { token, logprob } = this.values;
    return `if (lane == chosen) {
  var running = weight_before;
  var token = min(begin, ${this.extents.vocabulary - 1}u);
  var found = false;
  seen = ties_before;
  for (var id = begin; id < end; id++) {
    let weight = kept_weight(scaled(row, id, top, divisor), edge, ties, &seen);
    running += weight;
    if (!found && weight > 0.0) { token = id; found = running > threshold; }
  }
  ${this.source.store(token, 'row', 'i32(token)')}
  ${this.source.store(logprob, 'row', 'scaled(row, token, top, divisor) - log_f32(everything)')}
}`;
  }
}

/**
 * Declares functions over one row: its logits, their order as integers, and a running sum over the workgroup, which
 * every invocation must call.
 */
function declareHelpers(source: KernelSource, threads: number, logit: string): void {
  source.declare(`var<workgroup> parts: array<f32, ${threads}>;
var<workgroup> sum_of_all: f32;
var<workgroup> chosen: u32;
fn logit(row: u32, id: u32) -> f32 { return ${logit}; }
// The largest is subtracted first: at a low temperature the quotients would overflow, and their difference be NaN.
fn scaled(row: u32, id: u32, top: f32, divisor: f32) -> f32 { return (logit(row, id) - top) / divisor; }
fn order(x: f32) -> u32 {
  let bits = bitcast<u32>(select(x, 0.0, x == 0.0));
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
}
fn unorder(key: u32) -> f32 { return bitcast<f32>(select(~key, key & 0x7fffffffu, (key & 0x80000000u) != 0u)); }
fn kept_weight(x: f32, edge: u32, ties: f32, seen: ptr<function, f32>) -> f32 {
  let key = order(x);
  let tied = key == edge;
  let kept = key > edge || (tied && *seen < ties);
  *seen += select(0.0, 1.0, tied);
  return select(0.0, exp_f32(x), kept);
}
fn added_before(lane: u32, x: f32) -> f32 {
  parts[lane] = x;
  workgroupBarrier();
  var before = 0.0;
  var total = 0.0;
  for (var other = 0u; other < ${threads}u; other++) {
    before = select(before, total, other == lane);
    total += parts[other];
  }
  workgroupBarrier();
  if (lane == 0u) { sum_of_all = total; }
  workgroupBarrier();
  return before;
}`);
}
