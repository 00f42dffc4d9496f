import type { ModelRole, ModelTensors, NamedTensor, TensorShape } from '../contracts/model.js';
import type { ModelDescription } from '../contracts/model-source.js';
import type { Storage } from '../contracts/storage.js';
import { valueHeadName } from '../compute/nn/parameters.js';
import { unguessable } from '../unguessable.js';
import { toHuggingFaceConfig } from './hugging-face-config.js';
import { tensorsOf } from './model-tensors.js';
import type { WeightType } from './number-formats.js';
import { storedAs, tensorBytes, writeSafetensors, type Announced } from './safetensors.js';
import { indexFile, singleFile } from './weight-files.js';
import { scoreBiasName, scoreName } from './weights.js';

export interface ExportOptions {
  /** Numbers are rounded to the nearest of this type, ties to even. Default f32, which loses nothing. */
  readonly dtype?: WeightType;
  /**
   * Weights that take more bytes than this are split into several files, each at most this large unless one tensor is
   * larger. Default 5 GB, as in transformers.
   */
  readonly maxShardBytes?: number;
}

/** What is saved: a model of an engine, or weights that are in files. */
export interface SavableModel {
  readonly role: ModelRole;
  readonly tensors?: Pick<ModelTensors, 'exportWeights'> & { readonly weightShapes: readonly TensorShape[] };
}

/** What belongs to a model folder beside the weights, and how they are stored. */
export interface ModelExport extends ModelDescription, ExportOptions {}

const defaultShardBytes = 5e9;
const toText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/**
 * Saves a model as a Hugging Face folder that `transformers` and vLLM load without a flag; a critic as a token
 * classifier with one label (docs/checkpoints.md). All files are written under another name and the folder takes its
 * own when they are complete, so `folder`, whose name must be free, is always complete. Throws ORZ_STORAGE, and
 * ORZ_NOT_FINITE or ORZ_WEIGHTS for a number that the dtype cannot store; nothing is left behind then.
 */
export async function saveModelFolder(
  storage: Pick<Storage, 'write' | 'remove' | 'rename' | 'makeFolder'>,
  folder: string,
  model: SavableModel,
  details: ModelExport,
): Promise<void> {
  const partial = unguessable(`${folder}.partial-`);
  await storage.makeFolder(partial);
  try {
    await writeWeights(storage, partial, model, details);
    for (const [name, text] of Object.entries(textFiles(model, details)))
      await storage.write(`${partial}/${name}`, text);
    await storage.rename(partial, folder);
  } catch (error) {
    // The first error tells more than one about tidying up.
    await storage.remove(partial).catch(() => undefined);
    throw error;
  }
}

/** All files of the folder but the weights, by name. */
function textFiles({ role }: SavableModel, { config, tokenizer, companions, dtype = 'f32' }: ModelExport) {
  const head = role === 'critic' ? 'value' : 'language';
  const { endTokens, bosToken } = tokenizer;
  const generation = { ...(bosToken !== undefined && { bos_token_id: bosToken }), eos_token_id: endTokens };
  return {
    'generation_config.json': toText(generation),
    'tokenizer_config.json': toText(tokenizerConfig({ config, tokenizer })),
    ...companions,
    'tokenizer.json': toText(tokenizer.definition),
    'config.json': withFloats(toText(toHuggingFaceConfig(config, { head, dtype, endTokens, bosToken }))),
  };
}

/** Appends `.0` to whole numbers under these keys: transformers needs a Python float, JSON.stringify writes none. */
const withFloats = (text: string): string =>
  text.replace(
    /"(rope_theta|factor|low_freq_factor|high_freq_factor|rms_norm_eps|classifier_dropout)": \d+(?=[,\n])/g,
    '$&.0',
  );

/** Tells transformers to take `tokenizer.json` as it is, not as the model family's own tokenizer. */
const tokenizerConfig = ({ config, tokenizer }: ModelDescription): Record<string, unknown> => {
  const text = (id: number | undefined): string | null => (id === undefined ? null : tokenizer.decode([id]));
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: text(tokenizer.bosToken),
    eos_token: text(tokenizer.endTokens[0]),
    model_max_length: config.maxPositions,
    clean_up_tokenization_spaces: false,
  };
};

async function writeWeights(
  storage: Pick<Storage, 'write'>,
  folder: string,
  model: SavableModel,
  { dtype = 'f32', maxShardBytes = defaultShardBytes }: ExportOptions,
): Promise<void> {
  const shapes = fileShapes(model);
  const shards = nameShards(cutIntoShards(shapes, dtype, maxShardBytes));
  const tensors = fileTensors(model);
  try {
    for (const { file, shapes: announced } of shards)
      await storage.write(`${folder}/${file}`, writeSafetensors(storedAs(announced, dtype), tensors));
  } finally {
    await tensors.return(undefined);
  }
  if (shards.length === 1) return;
  const index = {
    metadata: { total_size: tensorBytes(shapes, dtype) },
    weight_map: Object.fromEntries(shards.flatMap((shard) => shard.shapes.map(({ name }) => [name, shard.file]))),
  };
  await storage.write(`${folder}/${indexFile}`, toText(index));
}

interface Shard {
  readonly file: string;
  readonly shapes: readonly Announced[];
}

function nameShards(shards: readonly Announced[][]): Shard[] {
  const number = (n: number): string => String(n).padStart(5, '0');
  return shards.map((shapes, i) => {
    const file = `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
    return { file: shards.length === 1 ? singleFile : file, shapes };
  });
}

/** Shapes under the names that transformers uses. */
const fileShapes = (model: SavableModel): Announced[] => [
  ...tensorsOf(model).weightShapes.map(({ name, shape }) => ({
    name: name === valueHeadName ? scoreName : name,
    shape,
  })),
  ...(model.role === 'critic' ? [{ name: scoreBiasName, shape: [1] }] : []),
];

/** The tensors of {@link fileShapes}, in that order. */
async function* fileTensors(model: SavableModel): AsyncGenerator<NamedTensor, undefined> {
  for await (const tensor of tensorsOf(model).exportWeights())
    yield tensor.name === valueHeadName ? { ...tensor, name: scoreName } : tensor;
  if (model.role === 'critic') yield { name: scoreBiasName, shape: [1], data: new Float32Array(1) };
  return undefined;
}

/** Consecutive groups of at most `maxBytes`, or of one tensor that is larger; at least one group. */
function cutIntoShards(shapes: readonly Announced[], dtype: WeightType, maxBytes: number): Announced[][] {
  let shard: Announced[] = [];
  const shards = [shard];
  let filled = 0;
  for (const tensor of shapes) {
    const bytes = tensorBytes([tensor], dtype);
    if (filled > 0 && filled + bytes > maxBytes) {
      shards.push((shard = []));
      filled = 0;
    }
    shard.push(tensor);
    filled += bytes;
  }
  return shards;
}
