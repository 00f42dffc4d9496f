import { unknownSet } from './errors.js';
import type { RunConfig } from '../../config/schema.js';
import type { ProblemSet } from '../../contracts/problems.js';

/** How one held-out set is measured during a run. */
export interface SetProtocol {
  /** Responses per problem. */
  readonly samples: number;
  readonly temperature: number;
  readonly topP: number;
  readonly maxResponseTokens: number;
  /** Maximum number of problems; absent, as asked for by the evaluation. */
  readonly problems?: number | undefined;
}

/** What `evaluation.sets` says of a set, or else what holds for all. */
export function protocolOf({ evaluation, maxResponseTokens }: RunConfig, set: string): SetProtocol {
  const { samples, temperature } = evaluation;
  // A run of an older version has no such setting.
  const sets: RunConfig['evaluation']['sets'] | undefined = evaluation.sets;
  return { samples, temperature, topP: 1, maxResponseTokens, ...stated(sets?.[set]) };
}

/** Names of the held-out sets with settings of their own. */
export function setsWithProtocol({ evaluation }: RunConfig): readonly string[] {
  // A run of an older version has no such setting.
  const sets: RunConfig['evaluation']['sets'] | undefined = evaluation.sets;
  return Object.keys(sets ?? {});
}

type Changes = RunConfig['evaluation']['sets'][string];

const stated = (changes: Changes = {}): Partial<SetProtocol> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));

/** Throws ORZ_CONFIG_INVALID for a setting that names a held-out set which the data do not have. */
export function requireKnownSets(config: RunConfig, problems: ProblemSet): void {
  const known = Object.keys(problems.evaluation);
  const unknown = setsWithProtocol(config).find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownSet(`evaluation.sets.${unknown}`, unknown, known);
  const { bestSet } = config.checkpoint;
  if (bestSet !== undefined && !known.includes(bestSet)) throw unknownSet('checkpoint.bestSet', bestSet, known);
}
