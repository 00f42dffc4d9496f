import { OrzError } from '../../../core/errors.js';
import { createRandom } from '../../../core/random.js';
import { serverAddress } from './address.js';
import type { ApiKey } from './api-key.js';
import { apiKeyIn } from './api-key.js';
import { defaultPatience, ServerConnection, type Patience } from './connection.js';
import { modelNotChosen } from './errors.js';
import { readModels, type ListedModel } from './replies.js';

export interface ServerOptions {
  readonly url: string;
  /** Name of the model at the server; absent: the only one that it lists. */
  readonly model?: string | undefined;
  /** Name of the environment variable that holds the API key; absent: none is sent. */
  readonly keyVariable?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For the pauses before repetitions. */
  readonly seed: number;
  readonly patience?: Patience;
  /** Told of the first repetition for each reason. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

/** A server that answers, and the model that is asked. */
export interface OpenServer {
  readonly connection: ServerConnection;
  /** Address without anything secret. */
  readonly url: string;
  readonly model: string;
  /** What the server says of itself; undefined if nothing. */
  readonly ownedBy: string | undefined;
  /** Names of all models that the server lists. */
  readonly models: readonly string[];
}

const listLimits = { deadlineMs: 30_000, maxBytes: 4 * 1024 ** 2 };

/**
 * Asks the server for its models. Throws ORZ_USAGE for an address or key that will not do and where the model is not
 * clear, ORZ_SERVER_UNREACHABLE for a server that does not answer, ORZ_SERVER for one that refuses.
 */
export async function openServer(options: ServerOptions, signal: AbortSignal): Promise<OpenServer> {
  const { url, model: chosen, keyVariable, environment, seed, patience = defaultPatience, onTrouble } = options;
  const address = serverAddress(url);
  const key: ApiKey | undefined = keyVariable === undefined ? undefined : apiKeyIn(keyVariable, environment, address);
  const jitter = createRandom(seed).stream('server-pauses');
  const connection = new ServerConnection({ address, key, patience, jitter, onTrouble });
  const listed = await listModels(connection, chosen !== undefined, signal);
  const models = listed.map(({ id }) => id);
  const model = chosen ?? (models.length === 1 ? models[0] : undefined);
  if (model === undefined) throw modelNotChosen(address.base, models);
  const ownedBy = listed.find(({ id }) => id === model)?.ownedBy;
  return { connection, url: address.base, model, ownedBy, models };
}

/** A server need not list its models, or all of them, where one was named. */
async function listModels(
  connection: ServerConnection,
  isOptional: boolean,
  signal: AbortSignal,
): Promise<readonly ListedModel[]> {
  const call = { path: 'models', what: 'the list of its models', id: [0, 0], limits: listLimits, signal } as const;
  try {
    return (await connection.call({ ...call, read: readModels })).models;
  } catch (error) {
    if (isOptional && hasNoList(error)) return [];
    throw error;
  }
}

const hasNoList = (error: unknown): boolean =>
  error instanceof OrzError && error.code === 'ORZ_SERVER' && [404, 405, 501].includes(Number(error.details.value));
