import type { Expression } from '../../expression.js';
import { ComplexField } from '../../numeric/complex.js';
import type { Real } from '../../numeric/real.js';
import { workingBits } from '../../evaluate/agreement.js';
import { different, type Context, type Outcome } from '../context.js';
import { EndPoints } from './end-points.js';
import { infinitySign } from './infinity.js';
import { RegionReader, type Region } from './region.js';
import { RelationSigns } from './signs.js';

const undecided: Outcome = { equal: undefined, rule: 'set of reals' };

/**
 * Sets of real numbers, compared by membership: at every end point of either set, between each two neighbours, and
 * beyond the outermost. That decides equality of unions, complements and solution sets without solving anything.
 */
export function compareAsSets(gold: Expression, prediction: Expression, context: Context): Outcome {
  const reader = new RegionReader();
  const [g, p] = [reader.read(gold), reader.read(prediction)];
  if (reader.severalUnknowns) return different('variable name');
  if (g === undefined || p === undefined) return undecided;
  const points = new EndPoints(new ComplexField(workingBits, context.budget), context);
  if (!points.collect(g) || !points.collect(p)) return undecided;
  for (const region of [g, p]) addTurningPoints(region, points);
  const membership = new Membership(points);
  const [goldHas, predictionHas] = [membership.of(g), membership.of(p)];
  if (goldHas === undefined || predictionHas === undefined) return undecided;
  const same = goldHas.every((inside, k) => inside === predictionHas[k]);
  return same ? { equal: true, rule: 'set of reals' } : different('set of reals');
}

function addTurningPoints(region: Region, points: EndPoints): void {
  if (region.kind === 'relation') points.addTurningPoints(region.relation);
  if (region.kind === 'join') for (const part of region.parts) addTurningPoints(part, points);
}

/** Which of the probes lie in a set. */
class Membership {
  private readonly probes: readonly Real[];
  private readonly signs: RelationSigns;

  constructor(private readonly points: EndPoints) {
    this.probes = points.probes();
    this.signs = new RelationSigns(points.field, points.context.budget);
  }

  of(region: Region): readonly boolean[] | undefined {
    if (region.kind === 'join') return this.ofJoin(region.operator, region.parts);
    const inside = this.probes.map((at) => this.contains(region, at));
    return inside.every((one) => one !== undefined) ? inside : undefined;
  }

  private ofJoin(operator: '∪' | '∩' | '∖' | 'either', parts: readonly Region[]): readonly boolean[] | undefined {
    const [first, ...others] = parts.map((part) => this.of(part));
    if (first === undefined || others.includes(undefined)) return undefined;
    const at = (k: number): boolean[] => others.map((other) => other?.[k] === true);
    const union = first.map((inside, k) => inside || at(k).includes(true));
    const intersection = first.map((inside, k) => inside && !at(k).includes(false));
    if (operator === '∖') return first.map((inside, k) => inside && !at(k).includes(true));
    if (operator === '∪') return union;
    // Nobody gives two conditions that never hold together; then each stands for its own solutions.
    return operator === '∩' || intersection.includes(true) ? intersection : union;
  }

  private contains(region: Exclude<Region, { kind: 'join' }>, at: Real): boolean | undefined {
    this.points.context.budget.spend();
    switch (region.kind) {
      case 'all':
        return true;
      case 'relation':
        return this.signs.holds(region.relation, at);
      case 'points':
        return region.points.some((point) => this.against(at, point) === 0);
      case 'interval':
        return this.inInterval(region, at);
    }
  }

  private inInterval({ interval, low, high }: Extract<Region, { kind: 'interval' }>, at: Real): boolean | undefined {
    const [fromLow, fromHigh] = [this.against(at, low), this.against(at, high)];
    if (fromLow === undefined || fromHigh === undefined) return undefined;
    const above = interval.open === '[' ? fromLow >= 0 : fromLow > 0;
    return above && (interval.close === ']' ? fromHigh <= 0 : fromHigh < 0);
  }

  /** Sign of (at - end). */
  private against(at: Real, end: Expression): number | undefined {
    const infinite = infinitySign(end);
    if (infinite !== undefined) return -infinite;
    const value = this.points.valueOf(end);
    return value && this.points.field.real.compare(at, value);
  }
}
