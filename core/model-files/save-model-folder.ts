import type { Model, NamedTensor } from '../contracts/model.js';
import type { ModelDescription } from '../contracts/model-source.js';
import type { Storage } from '../contracts/storage.js';
import { valueHeadName } from '../compute/nn/parameters.js';
import { toHuggingFaceConfig } from './hugging-face-config.js';
import type { WeightType } from './number-formats.js';
import { tensorBytes, writeSafetensors, type Announced } from './safetensors.js';
import { indexFile, singleFile } from './weight-files.js';
import { scoreBiasName, scoreName } from './weights.js';

export interface ExportOptions {
  /** Numbers are rounded to the nearest of this type, ties to even. Default f32, which loses nothing. */
  readonly dtype?: WeightType;
  /** Weights that take more bytes than this are spread over several files, each at most this large unless one tensor is larger. Default 5 GB, as in transformers. */
  readonly maxShardBytes?: number;
}

/** What is saved: a model of an engine, or weights that lie in files. */
export type SavableModel = Pick<Model, 'role' | 'weightShapes' | 'exportWeights'>;

const defaultShardBytes = 5e9;
const toText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/**
 * Saves a model as a Hugging Face folder that `transformers` and vLLM load without a flag; a critic as a token classifier
 * with one label (docs/checkpoints.md). All files are written under another name and the folder takes its own when they are
 * complete, so what stands under `folder` is always whole; an earlier save there is replaced. Throws ORZ_STORAGE,
 * and ORZ_NOT_FINITE or ORZ_WEIGHTS for a number that the dtype cannot hold; nothing is left behind then.
 */
export async function saveModelFolder(
  storage: Pick<Storage, 'write' | 'remove' | 'rename'>,
  folder: string,
  model: SavableModel,
  description: ModelDescription,
  options: ExportOptions = {},
): Promise<void> {
  const partial = `${folder}.partial`;
  await storage.remove(partial);
  try {
    await writeFiles(storage, partial, model, description, options);
    await storage.remove(folder);
    await storage.rename(partial, folder);
  } catch (error) {
    // The first error tells more than one about tidying up.
    await storage.remove(partial).catch(() => undefined);
    throw error;
  }
}

async function writeFiles(
  storage: Pick<Storage, 'write'>,
  folder: string,
  model: SavableModel,
  { config, tokenizer, companions }: ModelDescription,
  { dtype = 'f32', maxShardBytes = defaultShardBytes }: ExportOptions,
): Promise<void> {
  const head = model.role === 'critic' ? 'value' : 'language';
  const { endTokens, bosToken } = tokenizer;
  const files: Record<string, string> = {
    'generation_config.json': toText({
      ...(bosToken === undefined ? {} : { bos_token_id: bosToken }),
      eos_token_id: endTokens,
    }),
    'tokenizer_config.json': toText(tokenizerConfig({ config, tokenizer })),
    ...companions,
    'tokenizer.json': toText(tokenizer.definition),
    'config.json': withFloats(toText(toHuggingFaceConfig(config, { head, dtype, endTokens, bosToken }))),
  };
  await writeWeights(storage, folder, model, dtype, maxShardBytes);
  for (const [name, text] of Object.entries(files)) await storage.write(`${folder}/${name}`, text);
}

/** Whole numbers under these keys get a `.0`: transformers wants a Python float there, and JSON.stringify writes none. */
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
  dtype: WeightType,
  maxShardBytes: number,
): Promise<void> {
  const shapes = fileShapes(model),
    shards = cutIntoShards(shapes, dtype, maxShardBytes);
  const number = (n: number): string => String(n).padStart(5, '0');
  const names =
    shards.length === 1
      ? [singleFile]
      : shards.map((_, i) => `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`);
  const tensors = fileTensors(model);
  try {
    for (const [i, shard] of shards.entries())
      await storage.write(`${folder}/${names[i]!}`, writeSafetensors(shard, tensors, dtype));
  } finally {
    await tensors.return(undefined);
  }
  if (shards.length === 1) return;
  const weightMap = Object.fromEntries(
    shards.flatMap((shard, i) => shard.map(({ name }) => [name, names[i]!] as const)),
  );
  await storage.write(
    `${folder}/${indexFile}`,
    toText({ metadata: { total_size: tensorBytes(shapes, dtype) }, weight_map: weightMap }),
  );
}

/** Shapes under the names that transformers uses. */
const fileShapes = (model: SavableModel): Announced[] => [
  ...model.weightShapes.map(({ name, shape }) => ({ name: name === valueHeadName ? scoreName : name, shape })),
  ...(model.role === 'critic' ? [{ name: scoreBiasName, shape: [1] }] : []),
];

/** The tensors of {@link fileShapes}, in that order. */
async function* fileTensors(model: SavableModel): AsyncGenerator<NamedTensor, undefined> {
  for await (const tensor of model.exportWeights())
    yield tensor.name === valueHeadName ? { ...tensor, name: scoreName } : tensor;
  if (model.role === 'critic') yield { name: scoreBiasName, shape: [1], data: new Float32Array(1) };
  return undefined;
}

/** Consecutive groups of at most `maxBytes`, or of one tensor that is larger. */
function cutIntoShards(shapes: readonly Announced[], dtype: WeightType, maxBytes: number): Announced[][] {
  const shards: Announced[][] = [[]];
  let filled = 0;
  for (const tensor of shapes) {
    const bytes = tensorBytes([tensor], dtype);
    if (filled > 0 && filled + bytes > maxBytes) {
      shards.push([]);
      filled = 0;
    }
    shards.at(-1)!.push(tensor);
    filled += bytes;
  }
  return shards;
}
