import { createHash } from 'node:crypto';
import type { BaseModel } from '../../core/contracts/model-source.js';
import type { NamedTensor } from '../../core/contracts/model.js';

/**
 * SHA-256 over the weights of a model: over name, shape and f32 numbers of each tensor, then over these hashes in order
 * of the names. So it does not depend on how files divide, order or store the same numbers.
 */
export interface WeightHash {
  /** The same model; its weights are hashed when they are first read to the end. */
  readonly base: BaseModel;
  /** Hexadecimal; null as long as the weights have not been read. */
  readonly value: () => string | null;
}

export function hashingWeights(base: BaseModel): WeightHash {
  let value: string | null = null;
  async function* weights(): AsyncIterable<NamedTensor> {
    const hashes = new Map<string, string>();
    for await (const tensor of base.weights()) {
      hashes.set(tensor.name, tensorHash(tensor));
      yield tensor;
    }
    value ??= combined(hashes);
  }
  return { base: { ...base, weights }, value: () => value };
}

const tensorHash = ({ name, shape, data }: NamedTensor): string =>
  createHash('sha256')
    .update(JSON.stringify([name, shape]))
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

function combined(hashes: ReadonlyMap<string, string>): string {
  const all = createHash('sha256');
  for (const name of [...hashes.keys()].sort()) all.update(hashes.get(name) ?? '');
  return all.digest('hex');
}
