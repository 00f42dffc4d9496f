import type { Announcement } from '../../../core/tinker/extensions.js';
import { capabilitiesReply, readReply } from '../../../core/tinker/replies.js';
import type { TinkerConnection } from './connection.js';

/** What a server says of itself. */
export interface ServerCapabilities {
  readonly models: readonly SupportedModel[];
  /** Extensions of `orz-train serve`; absent for any other server. */
  readonly orz?: Announcement;
}

export interface SupportedModel {
  readonly name: string;
  /** Tokens of prompt and response, where the server says so. */
  readonly maxContext?: number;
}

export async function serverCapabilities(
  connection: TinkerConnection,
  signal?: AbortSignal,
): Promise<ServerCapabilities> {
  const path = 'get_server_capabilities';
  const call = { method: 'GET', path, what: 'its capabilities', phase: 'setup', signal } as const;
  const { supported_models, orz } = readReply(path, capabilitiesReply, await connection.json(call));
  const models = supported_models.flatMap(({ model_name: name, max_context_length: maxContext }) =>
    typeof name === 'string' ? [{ name, ...(typeof maxContext === 'number' && { maxContext }) }] : [],
  );
  return { models, ...(orz !== undefined && { orz }) };
}
