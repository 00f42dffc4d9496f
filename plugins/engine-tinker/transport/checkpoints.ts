import { readReply, weightsInfoReply } from '../../../core/tinker/replies.js';
import type { Call, TinkerConnection } from './connection.js';
import { badCheckpointPath } from './errors.js';
import { refusalOf } from './refusal.js';

export const checkpointPath = (modelId: string, name: string): string => `tinker://${modelId}/weights/${name}`;

export interface CheckpointInfo {
  readonly baseModel: string;
  /** 0 if all parameters were trained. */
  readonly rank: number;
}

/**
 * What a complete checkpoint holds; waits for one that is being written. Throws ORZ_SERVER_STATE if the server has none
 * of that path.
 */
export async function checkpointInfo(
  connection: TinkerConnection,
  path: string,
  { phase = 'setup', signal }: Partial<Pick<Call, 'phase' | 'signal'>> = {},
): Promise<CheckpointInfo> {
  const body = { tinker_path: path };
  const value = await connection.json({ path: 'weights_info', what: `the checkpoint ${path}`, phase, body, signal });
  const { base_model, is_lora, lora_rank } = readReply('weights_info', weightsInfoReply, value);
  return { baseModel: base_model, rank: is_lora ? (lora_rank ?? 0) : 0 };
}

/** Deletes a checkpoint; that there is none is no error. */
export async function deleteCheckpoint(
  connection: TinkerConnection,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const [, model, name] = /^tinker:\/\/([\w-]+)\/((?:sampler_)?weights\/[\w-]+)$/.exec(path) ?? [];
  if (model === undefined || name === undefined) throw badCheckpointPath(path);
  const call: Call = {
    method: 'DELETE',
    path: `training_runs/${model}/checkpoints/${name}`,
    what: `the deletion of ${path}`,
    phase: 'cleanup',
    signal,
  };
  const reply = await connection.send(call);
  if (reply.status >= 400 && reply.status !== 404) throw refusalOf(connection.asked(call), reply);
}
