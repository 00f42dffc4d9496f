/**
 * The one error class of the project. Every failure a user can cause says what was wrong, what would have been
 * right, where the value came from and what to do next. `docs/errors.md` lists all codes; a test keeps both in step.
 */
export interface ErrorDetails {
  /** The offending value, shown as JSON. */
  readonly value?: unknown;
  /** What would have been accepted: names, a range, a shape. */
  readonly allowed?: readonly string[] | string;
  /** Where the value came from: a preset, a file and key, a flag, a plugin, a tensor. */
  readonly origin?: string;
  /** What the user can do now. */
  readonly remedy?: string;
  /** For ORZ_NOT_FINITE: where the number was. */
  readonly location?: NumberLocation;
  /** What else was found wrong in the same look, each as an error of its own. */
  readonly further?: readonly OrzError[];
  readonly cause?: unknown;
}

/** The tensor element that a number was read from. */
export interface NumberLocation {
  /** Name of the tensor: `log-probability`, `policy logprobs`, a parameter whose gradient it is. */
  readonly tensor: string;
  /** Index among the rollouts or sequences examined. */
  readonly sample?: number;
  /** Index of the response token, from 0. */
  readonly token?: number;
}

export const errorCodes = [
  'ORZ_CONFIG_UNKNOWN_KEY',
  'ORZ_CONFIG_INVALID',
  'ORZ_CONFIG_FILE',
  'ORZ_PRESET_UNKNOWN',
  'ORZ_PRESET_CYCLE',
  'ORZ_PRESET_INVALID',
  'ORZ_PLUGIN_INVALID',
  'ORZ_PLUGIN_DUPLICATE',
  'ORZ_PLUGIN_UNKNOWN',
  'ORZ_PLUGIN_MISSING',
  'ORZ_PLUGIN_CYCLE',
  'ORZ_PLUGIN_LOAD',
  'ORZ_PLUGIN_FAILED',
  'ORZ_BACKEND_UNKNOWN',
  'ORZ_BACKEND_PROVIDER',
  'ORZ_BACKEND_SELF_TEST',
  'ORZ_BUFFER_CONSUMED',
  'ORZ_PROGRAM_INPUT',
  'ORZ_GRAPH_SHAPE',
  'ORZ_GRAPH_DTYPE',
  'ORZ_GRAPH_INVALID',
  'ORZ_GRAPH_NO_GRADIENT',
  'ORZ_CAPABILITY',
  'ORZ_DATA_EMPTY',
  'ORZ_DATA_MALFORMED',
  'ORZ_DATA_MISSING',
  'ORZ_DATA_REJECTED',
  'ORZ_HUB',
  'ORZ_HUB_UNREACHABLE',
  'ORZ_PROMPT_TOO_LONG',
  'ORZ_TOKENIZER',
  'ORZ_MODEL_CONFIG',
  'ORZ_WEIGHTS',
  'ORZ_STALE_WEIGHTS',
  'ORZ_SAMPLER_MISMATCH',
  'ORZ_CANARY',
  'ORZ_GROUP',
  'ORZ_NOT_FINITE',
  'ORZ_REWARD_INVALID',
  'ORZ_REWARD_WORKER',
  'ORZ_ENVIRONMENT',
  'ORZ_INSUFFICIENT',
  'ORZ_SERVER',
  'ORZ_SERVER_UNREACHABLE',
  'ORZ_SERVER_STATE',
  'ORZ_STORAGE',
  'ORZ_RUN_LOCKED',
  'ORZ_RUN_DIED',
  'ORZ_RUN_LOST',
  'ORZ_CHECKPOINT',
  'ORZ_RESUME',
  'ORZ_INTERRUPTED',
  'ORZ_USAGE',
  'ORZ_INTERNAL',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export class OrzError extends Error {
  override readonly name = 'OrzError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }
}

/**
 * Whether something thrown is an OrzError, also when another copy of this package made it. What imitates one without
 * all that showing it needs is none, and nothing about it can make this throw.
 */
export function isOrzError(thrown: unknown): thrown is OrzError {
  try {
    if (!(thrown instanceof Error) || thrown.name !== 'OrzError') return false;
    const { code, message, details } = thrown as Error & { readonly code?: unknown; readonly details?: ErrorDetails };
    const { origin = '', remedy = '', allowed = '' } = { ...details };
    const texts: readonly unknown[] = [message, origin, remedy, ...[allowed].flat()];
    const isKnown = errorCodes.some((known) => known === code);
    return isKnown && typeof details === 'object' && texts.every((text) => typeof text === 'string');
  } catch {
    return false;
  }
}

/**
 * The known name nearest to `name` in any case of letters (edit distance at most a third of its length plus one), for
 * "did you mean".
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.floor(name.length / 3) + 2;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein distance: the minimum number of insertions, deletions and substitutions. */
function editDistance(a: string, b: string): number {
  // Distances from the part of `a` read so far to every prefix of `b`.
  let distances = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    let diagonal = i - 1,
      left = i;
    distances = distances.map((above, j) => {
      if (j === 0) return left;
      const substituted = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1);
      diagonal = above;
      left = Math.min(substituted, above + 1, left + 1);
      return left;
    });
  }
  return distances.at(-1) ?? b.length;
}

/** For an index that the code around it promised to keep in range. */
export function indexOutOfRange(index: number, length: number): OrzError {
  return new OrzError('ORZ_INTERNAL', `Index ${index} is outside an array of ${length}`, {
    value: index,
    allowed: `0 to ${length - 1}`,
    remedy: 'Report it with the message and the command you ran.',
  });
}

/** For two arrays that belong together element by element. */
export function unequalLengths(first: number, second: number): OrzError {
  return new OrzError('ORZ_INTERNAL', `Arrays of ${first} and ${second} elements cannot be paired`, {
    value: [first, second],
    allowed: 'equal lengths',
    remedy: 'Report it with the message and the command you ran.',
  });
}
