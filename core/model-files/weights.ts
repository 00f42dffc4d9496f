import { OrzError } from '../errors.js';
import type { FileFolder } from '../contracts/files.js';
import type { NamedTensor } from '../contracts/model.js';
import type { DecoderConfig } from '../compute/nn/config.js';
import { decoderParameters, embeddingName, valueHeadName, type HeadKind } from '../compute/nn/parameters.js';
import { sameShape } from '../compute/tensor/types.js';
import { readTensor, weightTypeIn, type Announced } from './safetensors.js';
import { listTensors, type StoredTensor } from './weight-files.js';

/** Names of the value head in a token classifier of transformers. Ours has no bias, so that of a file must be 0. */
export const scoreName = 'score.weight';
export const scoreBiasName = 'score.bias';
const outputName = 'lm_head.weight';

/** Angles that old files stored; transformers computes them and leaves these aside too. */
const ignored = /rotary_emb\.inv_freq$/;

/** Weights that lie in files. */
export interface StoredWeights {
  /** In the order of the files, as `stream` yields them. */
  readonly shapes: readonly Announced[];
  /** A fresh pass each time, one tensor in memory at a time. Throws ORZ_NOT_FINITE, and what the folder throws. */
  stream(): AsyncIterable<NamedTensor>;
}

/**
 * The weights of a decoder in a folder, under their names here. The headers are read and checked now: every weight of the
 * architecture once, in shape, in a dtype that is read (f32, bf16, f16), and no other. Throws ORZ_WEIGHTS naming the weight
 * at fault, ORZ_CHECKPOINT or ORZ_DATA_MISSING for damaged and missing files.
 */
export async function openWeights(folder: FileFolder, config: DecoderConfig, head: HeadKind): Promise<StoredWeights> {
  const stored = await listTensors(folder);
  const wanted: Wanted[] = decoderParameters(config, head).map(({ name, shape }) => ({
    name,
    shape,
    tensor: take(stored, fileName(name), shape, folder.location),
  }));
  const { copy, bias } = takeExtras(stored, config, head, folder.location);
  const stray = [...stored.keys()].find((name) => !ignored.test(name));
  if (stray !== undefined) {
    throw new OrzError('ORZ_WEIGHTS', `the weight "${stray}" is not part of this model`, {
      value: stray,
      origin: `${folder.location}/${stored.get(stray)!.file}`,
      remedy: 'config.json and weights do not belong together, or the model has a part that is not implemented',
    });
  }
  wanted.sort((a, b) =>
    a.tensor.file < b.tensor.file ? -1 : a.tensor.file > b.tensor.file ? 1 : a.tensor.from - b.tensor.from,
  );
  return { shapes: wanted, stream: () => stream(folder, wanted, copy, bias) };
}

interface Wanted {
  readonly name: string;
  readonly shape: readonly number[];
  readonly tensor: StoredTensor;
}

const fileName = (name: string): string => (name === valueHeadName ? scoreName : name);

/** Removes a tensor from `stored` after checking it. */
function take(
  stored: Map<string, StoredTensor>,
  name: string,
  shape: readonly number[],
  location: string,
): StoredTensor {
  const tensor = stored.get(name);
  if (!tensor)
    throw new OrzError('ORZ_WEIGHTS', `the weight "${name}" is missing`, {
      allowed: `shape [${shape.join(', ')}]`,
      origin: location,
      remedy: 'config.json and weights do not belong together, or the checkpoint is incomplete',
    });
  const origin = `${location}/${tensor.file}`;
  if (!sameShape(tensor.shape, shape))
    throw new OrzError('ORZ_WEIGHTS', `the weight "${name}" has shape [${tensor.shape.join(', ')}]`, {
      value: tensor.shape,
      allowed: `[${shape.join(', ')}]`,
      origin,
      remedy: 'config.json and weights do not belong together',
    });
  weightTypeIn(tensor, origin);
  stored.delete(name);
  return tensor;
}

/** What a file may hold beyond the weights: a copy of a tied output matrix, and the bias of a score. */
function takeExtras(
  stored: Map<string, StoredTensor>,
  config: DecoderConfig,
  head: HeadKind,
  location: string,
): { copy?: StoredTensor; bias?: StoredTensor } {
  if (head === 'value') return stored.has(scoreBiasName) ? { bias: take(stored, scoreBiasName, [1], location) } : {};
  return config.tieWordEmbeddings && stored.has(outputName)
    ? { copy: take(stored, outputName, [config.vocabSize, config.hiddenSize], location) }
    : {};
}

async function* stream(
  folder: FileFolder,
  wanted: readonly Wanted[],
  copy: StoredTensor | undefined,
  bias: StoredTensor | undefined,
): AsyncGenerator<NamedTensor> {
  if (bias && (await readTensor(folder, bias.file, bias))[0] !== 0)
    throw new OrzError('ORZ_WEIGHTS', `the weight "${scoreBiasName}" is not 0`, {
      origin: `${folder.location}/${bias.file}`,
      remedy: 'value heads have no bias here',
    });
  for (const { name, shape, tensor } of wanted) {
    const data = await readTensor(folder, tensor.file, tensor);
    if (copy && name === embeddingName) await requireSame(folder, data, copy);
    yield { name, shape, data };
  }
}

/** transformers computes with the embedding whatever an output matrix beside it holds, so a different one is an error. */
async function requireSame(folder: FileFolder, embedding: Float32Array, copy: StoredTensor): Promise<void> {
  const output = await readTensor(folder, copy.file, copy);
  for (let i = 0; i < output.length; i++) {
    if (output[i] !== embedding[i])
      throw new OrzError(
        'ORZ_WEIGHTS',
        `the weight "${copy.name}" differs from "${embeddingName}", though config.json ties them`,
        {
          value: i,
          origin: `${folder.location}/${copy.file}`,
          remedy: 'set tie_word_embeddings to false if the model has an output matrix of its own',
        },
      );
  }
}
