import { isOrzError, type ErrorCode } from './errors.js';

/**
 * What kind of failure an error is, for programs that react to it; the CLI gives each kind an exit code.
 * - `usage`: the command, the configuration, a plugin or the chosen run folder must change.
 * - `data`: a data set, a model, a checkpoint or the hub it comes from is missing or cannot be used.
 * - `resources`: memory, disk or device do not suffice for what was asked.
 * - `failure`: something went wrong while it was running, or this package or a plugin has a bug.
 * - `interrupted`: the user stopped it.
 */
export type ErrorKind = 'usage' | 'data' | 'resources' | 'failure' | 'interrupted';

/** The kind of every error code. */
export const errorKinds = {
  ORZ_CONFIG_UNKNOWN_KEY: 'usage',
  ORZ_CONFIG_INVALID: 'usage',
  ORZ_CONFIG_FILE: 'usage',
  ORZ_PRESET_UNKNOWN: 'usage',
  ORZ_PRESET_CYCLE: 'usage',
  ORZ_PRESET_INVALID: 'usage',
  ORZ_PLUGIN_INVALID: 'usage',
  ORZ_PLUGIN_DUPLICATE: 'usage',
  ORZ_PLUGIN_UNKNOWN: 'usage',
  ORZ_PLUGIN_MISSING: 'usage',
  ORZ_PLUGIN_CYCLE: 'usage',
  ORZ_PLUGIN_LOAD: 'usage',
  ORZ_PLUGIN_FAILED: 'failure',
  ORZ_BACKEND_UNKNOWN: 'usage',
  ORZ_BACKEND_PROVIDER: 'resources',
  ORZ_BACKEND_SELF_TEST: 'resources',
  ORZ_BUFFER_CONSUMED: 'failure',
  ORZ_PROGRAM_INPUT: 'failure',
  ORZ_GRAPH_SHAPE: 'failure',
  ORZ_GRAPH_DTYPE: 'failure',
  ORZ_GRAPH_INVALID: 'failure',
  ORZ_GRAPH_NO_GRADIENT: 'failure',
  ORZ_CAPABILITY: 'usage',
  ORZ_DATA_EMPTY: 'data',
  ORZ_DATA_MALFORMED: 'data',
  ORZ_DATA_MISSING: 'data',
  ORZ_DATA_REJECTED: 'data',
  ORZ_HUB: 'data',
  ORZ_HUB_UNREACHABLE: 'data',
  ORZ_PROMPT_TOO_LONG: 'data',
  ORZ_TOKENIZER: 'data',
  ORZ_MODEL_CONFIG: 'data',
  ORZ_WEIGHTS: 'data',
  ORZ_STALE_WEIGHTS: 'failure',
  ORZ_SAMPLER_MISMATCH: 'failure',
  ORZ_CANARY: 'failure',
  ORZ_GROUP: 'failure',
  ORZ_NOT_FINITE: 'failure',
  ORZ_REWARD_INVALID: 'failure',
  ORZ_REWARD_WORKER: 'failure',
  ORZ_ENVIRONMENT: 'failure',
  ORZ_INSUFFICIENT: 'resources',
  ORZ_SERVER: 'failure',
  ORZ_SERVER_UNREACHABLE: 'failure',
  ORZ_SERVER_STATE: 'failure',
  ORZ_STORAGE: 'failure',
  ORZ_RUN_LOCKED: 'usage',
  ORZ_RUN_DIED: 'failure',
  ORZ_RUN_LOST: 'failure',
  ORZ_CHECKPOINT: 'data',
  ORZ_RESUME: 'usage',
  ORZ_INTERRUPTED: 'interrupted',
  ORZ_USAGE: 'usage',
  ORZ_INTERNAL: 'failure',
} as const satisfies Record<ErrorCode, ErrorKind>;

/** The kind of whatever was thrown; what is no OrzError is a `failure`. */
export function errorKindOf(error: unknown): ErrorKind {
  return isOrzError(error) ? (errorKinds[error.code] ?? 'failure') : 'failure';
}
