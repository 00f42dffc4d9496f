import type { FileFolder } from '../contracts/files.js';
import type { NamedTensor } from '../contracts/model.js';
import type { DecoderConfig } from '../compute/nn/config.js';
import { decoderParameters, embeddingName, valueHeadName, type HeadKind } from '../compute/nn/parameters.js';
import { sameShape } from '../compute/tensor/types.js';
import { biasedValueHead, missingWeight, strayWeight, untiedOutput, wrongShape } from './errors.js';
import { readTensor, weightTypeIn, type Announced } from './safetensors.js';
import { listTensors, type StoredTensor } from './weight-files.js';

/** Names of the value head in a token classifier of transformers. Ours has no bias, so that of a file must be 0. */
export const scoreName = 'score.weight';
export const scoreBiasName = 'score.bias';
const outputName = 'lm_head.weight';

/** Rotary frequencies that old files stored; transformers computes them and ignores these too. */
const ignored = /rotary_emb\.inv_freq$/;

/** Weights that are in files. */
export interface StoredWeights {
  /** In the order of the files, as `stream` yields them. */
  readonly shapes: readonly Announced[];
  /** A fresh pass each time, one tensor in memory at a time. Throws ORZ_NOT_FINITE, and what the folder throws. */
  stream(): AsyncIterable<NamedTensor>;
}

/**
 * The weights of a decoder in a folder, under their names here. The headers are read and checked now: every weight of
 * the architecture once, in shape, in a dtype that is read (f32, bf16, f16), and no other. Throws ORZ_WEIGHTS naming
 * the weight at fault, ORZ_CHECKPOINT or ORZ_DATA_MISSING for damaged and missing files.
 */
export async function openWeights(folder: FileFolder, config: DecoderConfig, head: HeadKind): Promise<StoredWeights> {
  const { location } = folder;
  const stored = await listTensors(folder);
  const wanted: Wanted[] = decoderParameters(config, head).map(({ name, shape }) => ({
    name,
    shape,
    tensor: take(stored, name === valueHeadName ? scoreName : name, shape, location),
  }));
  const extras = takeExtras(stored, config, head, location);
  for (const [name, { file }] of stored) if (!ignored.test(name)) throw strayWeight(name, `${location}/${file}`);
  wanted.sort(byPosition);
  return { shapes: wanted, stream: () => stream(folder, wanted, extras) };
}

interface Wanted {
  readonly name: string;
  readonly shape: readonly number[];
  readonly tensor: StoredTensor;
}

function byPosition({ tensor: a }: Wanted, { tensor: b }: Wanted): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.from - b.from;
}

/** Removes a tensor from `stored` after checking it. */
function take(
  stored: Map<string, StoredTensor>,
  name: string,
  shape: readonly number[],
  location: string,
): StoredTensor {
  const tensor = stored.get(name);
  if (!tensor) throw missingWeight(name, shape, location);
  const origin = `${location}/${tensor.file}`;
  if (!sameShape(tensor.shape, shape)) throw wrongShape(name, { found: tensor.shape, expected: shape }, origin);
  weightTypeIn(tensor, origin);
  stored.delete(name);
  return tensor;
}

/** What a file may have beyond the weights: a copy of a tied output matrix, or the bias of a value head. */
interface Extras {
  readonly copy?: StoredTensor;
  readonly bias?: StoredTensor;
}

function takeExtras(
  stored: Map<string, StoredTensor>,
  config: DecoderConfig,
  head: HeadKind,
  location: string,
): Extras {
  if (head === 'value') return stored.has(scoreBiasName) ? { bias: take(stored, scoreBiasName, [1], location) } : {};
  if (!config.tieWordEmbeddings || !stored.has(outputName)) return {};
  return { copy: take(stored, outputName, [config.vocabSize, config.hiddenSize], location) };
}

async function* stream(
  folder: FileFolder,
  wanted: readonly Wanted[],
  { copy, bias }: Extras,
): AsyncGenerator<NamedTensor> {
  if (bias && (await readTensor(folder, bias.file, bias))[0] !== 0)
    throw biasedValueHead(scoreBiasName, `${folder.location}/${bias.file}`);
  for (const { name, shape, tensor } of wanted) {
    const data = await readTensor(folder, tensor.file, tensor);
    if (copy && name === embeddingName) await requireSame(folder, data, copy);
    yield { name, shape, data };
  }
}

/** transformers computes with the embedding whatever an output matrix beside it has, so a different one is an error. */
async function requireSame(folder: FileFolder, embedding: Float32Array, copy: StoredTensor): Promise<void> {
  const output = await readTensor(folder, copy.file, copy);
  const index = output.findIndex((value, i) => value !== embedding[i]);
  if (index < 0) return;
  throw untiedOutput(copy.name, embeddingName, { index, origin: `${folder.location}/${copy.file}` });
}
