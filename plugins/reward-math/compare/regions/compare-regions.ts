import type { Expression } from '../../expression.js';
import { ComplexField } from '../../numeric/complex.js';
import type { Real } from '../../numeric/real.js';
import { workingBits } from '../../evaluate/agreement.js';
import { different, type Context, type Outcome } from '../context.js';
import { EndPoints } from './end-points.js';
import { infinitySign } from './infinity.js';
import { RegionReader, type JoinOperator, type Region } from './region.js';
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
  return compareMembership(g, p, new Membership(points));
}

function compareMembership(gold: Region, prediction: Region, membership: Membership): Outcome {
  const [g, p] = [membership.resolve(gold), membership.resolve(prediction)];
  if (g === undefined || p === undefined) return undecided;
  for (const at of membership.probes) {
    const [inGold, inPrediction] = [membership.contains(g, at), membership.contains(p, at)];
    if (inGold === undefined || inPrediction === undefined) return undecided;
    if (inGold !== inPrediction) return different('set of reals');
  }
  return { equal: true, rule: 'set of reals' };
}

function addTurningPoints(region: Region, points: EndPoints): void {
  if (region.kind === 'relation') points.addTurningPoints(region.relation);
  if (region.kind === 'join') for (const part of region.parts) addTurningPoints(part, points);
}

/** Whether numbers lie in a set. */
class Membership {
  readonly probes: readonly Real[];
  private readonly signs: RelationSigns;

  constructor(private readonly points: EndPoints) {
    this.probes = points.probes();
    this.signs = new RelationSigns(points.field, points.context.budget);
  }

  /**
   * The set with every open joint decided: conditions hold together if they ever do, since nobody gives two that never
   * hold together; then each stands for its own solutions.
   */
  resolve(region: Region): Region | undefined {
    if (region.kind !== 'join') return region;
    const parts = region.parts.map((part) => this.resolve(part));
    if (!parts.every((part) => part !== undefined)) return undefined;
    if (region.operator !== 'either') return { ...region, parts };
    const together: Region = { kind: 'join', operator: '∩', parts };
    const holds = this.probes.some((at) => this.contains(together, at) === true);
    return holds ? together : { kind: 'join', operator: '∪', parts };
  }

  contains(region: Region, at: Real): boolean | undefined {
    this.points.context.budget.spend();
    switch (region.kind) {
      case 'all':
        return true;
      case 'join':
        return this.inJoin(region.operator, region.parts, at);
      case 'relation':
        return this.signs.holds(region.relation, at);
      case 'points':
        return region.points.some((point) => this.against(at, point) === 0);
      case 'interval':
        return this.inInterval(region, at);
    }
  }

  private inJoin(operator: JoinOperator, parts: readonly Region[], at: Real): boolean | undefined {
    const [first, ...others] = parts;
    const inside = first && this.contains(first, at);
    if (inside === undefined) return undefined;
    const decided = operator === '∪' ? inside : !inside;
    if (decided) return inside;
    const rest = others.map((part) => this.contains(part, at));
    if (rest.includes(undefined)) return undefined;
    if (operator === '∖') return !rest.includes(true);
    return operator === '∪' ? rest.includes(true) : !rest.includes(false);
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
