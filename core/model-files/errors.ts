import type { HeadKind } from '../compute/nn/parameters.js';
import type { UnknownConfigKeys } from '../contracts/model-source.js';
import { OrzError } from '../errors.js';

const damagedCheckpoint = 'The file is damaged or truncated: download or save it again, or use another checkpoint.';
const otherModel = 'Use a decoder of the Qwen2, Qwen3 or Llama family, in a form listed in docs/checkpoints.md.';
const wrongPair = 'Use the config.json and the weights of one checkpoint: these do not belong together.';

const maxShownText = 120;
const maxShownKeys = 10;

/** An engine that computes elsewhere and does not hand out weights. */
export const tensorsStayAtEngine = (role: string): OrzError =>
  new OrzError('ORZ_CAPABILITY', `The weights of the ${role} stay with the engine: this one hands out none`, {
    value: role,
    allowed: 'an engine whose models have tensors, such as local',
    origin: 'engine',
    remedy: 'Use the files that the server of the engine saved; the checkpoints of the run name them in engine.json.',
  });

/** Text of a file that may be of any length. */
const shortened = (text: string): string => (text.length > maxShownText ? `${text.slice(0, maxShownText)}…` : text);

/** A file of this name that is not in its folder; `remedy` says how to get one. */
const missingFile = (name: string, folder: string, remedy: string): OrzError =>
  new OrzError('ORZ_DATA_MISSING', `There is no ${name} in ${folder}`, { value: name, origin: folder, remedy });

/** A file of a run's storage. */
export const missingStorageFile = (name: string, folder: string): OrzError =>
  missingFile(name, folder, 'Choose another folder.');

/** A file without which a folder is no model folder. */
export const missingModelFile = (name: string, folder: string): OrzError =>
  missingFile(
    name,
    folder,
    'Give a folder with config.json, tokenizer.json and safetensors files, such as checkpoints/final/policy of a run.',
  );

/** A shard that an index names. */
export const missingShard = (file: string, folder: string): OrzError =>
  missingFile(file, folder, 'Download or copy the file: the index of the weights names it.');

/** A folder with neither weights nor an index of them. */
export const missingWeights = (folder: string, single: string, index: string): OrzError =>
  new OrzError('ORZ_DATA_MISSING', `There is neither ${single} nor ${index} in ${folder}`, {
    value: folder,
    remedy: 'Give a folder with safetensors files; older formats (pytorch_model.bin) must be converted first.',
  });

/** A text file with other bytes than UTF-8. */
export const notUtf8 = (path: string, cause: unknown): OrzError => unreadableFile(path, 'is not UTF-8 text', cause);

export const isInUtf16 = (path: string): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `File ${path} is UTF-16`, {
    origin: path,
    allowed: 'UTF-8, with or without byte order mark',
    remedy: 'Save it as UTF-8.',
  });

export const notJson = (path: string, cause: unknown): OrzError => unreadableFile(path, 'is not JSON', cause);

const unreadableFile = (path: string, problem: string, cause: unknown): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `File ${path} ${problem}`, { origin: path, remedy: damagedCheckpoint, cause });

/** A file that is read as a whole and is larger than any of its kind. */
export const tooLargeFile = (path: string, bytes: number, maxBytes: number): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `File ${path} has ${bytes} bytes`, {
    value: bytes,
    allowed: `at most ${maxBytes}`,
    origin: path,
    remedy: 'Use another checkpoint: this file is not what its name says.',
  });

/** A safetensors file with a header or data against the format; `reason` says what is wrong. */
export const damagedSafetensors = (path: string, reason: string): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `File ${path} is not a readable safetensors file: ${reason}`, {
    origin: path,
    remedy: damagedCheckpoint,
  });

/** An index of shards of another form; `problem` is the first. */
export const malformedIndex = (path: string, problem: string): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `File ${path} is not an index of weights: ${shortened(problem)}`, {
    origin: path,
    remedy: 'Use an index with a weight_map from names of weights to names of files.',
  });

/** An index that names a file which could be outside its folder. */
export const forbiddenShard = (path: string, weight: string, file: string): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `File ${path} puts the weight "${weight}" into a file that it may not name`, {
    value: shortened(file),
    allowed: 'the plain name of a .safetensors file in the same folder',
    origin: path,
    remedy: 'Use another checkpoint; this one may be malicious.',
  });

/** An index and shards that contradict each other; `problem` continues the name of the index. */
export const contradictoryIndex = (path: string, problem: string): OrzError =>
  new OrzError('ORZ_CHECKPOINT', `Index ${path} ${problem}`, {
    origin: path,
    remedy: 'Download or save index and shards again: they are not of one checkpoint.',
  });

/** A key of a configuration file that is missing, wrong or not supported. */
export const unsupportedKey = (origin: string, key: string, reason: string): OrzError =>
  new OrzError('ORZ_MODEL_CONFIG', `${origin}: ${shortened(key) || 'the whole'}: ${shortened(reason)}`, {
    value: shortened(key),
    origin,
    remedy: otherModel,
  });

/** Why families that are close to one that is read are not. */
const differences: ReadonlyMap<unknown, string> = new Map([
  ['smollm3', ': the layers that no_rope_layers names have no rotary embedding'],
  ['qwen2_moe', ': its layers have experts (num_experts)'],
  ['qwen3_moe', ': its layers have experts (num_experts)'],
]);

/** A family that is not read. */
export function unknownFamily(origin: string, name: unknown, families: readonly string[]): OrzError {
  const shown = typeof name === 'string' ? shortened(JSON.stringify(name)) : typeof name;
  const problem = name === undefined ? 'missing' : `${shown} is not implemented${differences.get(name) ?? ''}`;
  return new OrzError('ORZ_MODEL_CONFIG', `${origin}: model_type: ${problem}`, {
    value: shown,
    allowed: families,
    origin,
    remedy: otherModel,
  });
}

/** A key of `config.json` that nobody here knows; refused because of the rule, or because all such keys are. */
export const unknownKey = (origin: string, key: string, treatment: UnknownConfigKeys | undefined): OrzError =>
  new OrzError(
    'ORZ_MODEL_CONFIG',
    `${origin}: ${shortened(key)}: this key is not known` +
      (treatment === 'error' ? '' : ' and looks like mathematics that is not implemented'),
    {
      value: shortened(key),
      origin,
      remedy:
        treatment === 'error'
          ? 'Leave out model.unknownConfigKeys=error if the key changes no result, or use another model.'
          : 'Use another model, or, if the key changes no result: --set model.unknownConfigKeys=warn',
    },
  );

/** One warning for all keys of a `config.json` that are ignored. */
export function ignoredKeysMessage(origin: string, keys: readonly string[]): string {
  const more = keys.length > maxShownKeys ? ` and ${keys.length - maxShownKeys} more` : '';
  const names = keys.slice(0, maxShownKeys).map(shortened).join(', ');
  return `${origin} has unknown keys, which are ignored: ${names}${more}`;
}

/** Numbers of heads, or a head size, with which no attention can be computed. */
export const invalidHeads = (
  origin: string,
  { heads, kvHeads, headDim }: { readonly heads: number; readonly kvHeads: number; readonly headDim: number },
): OrzError =>
  new OrzError('ORZ_MODEL_CONFIG', `${origin}: ${heads} query heads, ${kvHeads} key heads of size ${headDim}`, {
    value: [heads, kvHeads, headDim],
    origin,
    allowed: 'query heads a multiple of key heads, an even head size',
    remedy: 'Use the config.json that was published with the model.',
  });

const headNames: Readonly<Record<HeadKind, string>> = { language: 'a language model', value: 'a critic' };

/** A model folder with the other head than the one that is needed. */
export const wrongHead = (origin: string, found: HeadKind, needed: HeadKind): OrzError =>
  new OrzError(
    'ORZ_MODEL_CONFIG',
    `${origin}: architectures: this is ${headNames[found]}, where ${headNames[needed]} is needed`,
    {
      value: 'architectures',
      origin,
      remedy: 'Choose the other folder: a run saves the policy under policy/ and the critic under critic/.',
    },
  );

/** A tokenizer with more ids than the model has rows for. */
export const oversizedTokenizer = (ids: number, modelIds: number, origin: string): OrzError =>
  new OrzError('ORZ_TOKENIZER', `The tokenizer has ${ids} ids, the model ${modelIds}`, {
    value: ids,
    allowed: `at most ${modelIds}`,
    origin,
    remedy: 'Use the tokenizer that the model was made with.',
  });

/** A weight of the architecture that is not in the files. */
export const missingWeight = (name: string, shape: readonly number[], folder: string): OrzError =>
  new OrzError('ORZ_WEIGHTS', `Weight "${name}" is missing`, {
    allowed: `shape ${showShape(shape)}`,
    origin: folder,
    remedy: `${wrongPair} Or fetch the rest of the checkpoint if it is incomplete.`,
  });

export const wrongShape = (
  name: string,
  { found, expected }: { readonly found: readonly number[]; readonly expected: readonly number[] },
  origin: string,
): OrzError =>
  new OrzError('ORZ_WEIGHTS', `Weight "${name}" has shape ${showShape(found)}`, {
    value: found,
    allowed: showShape(expected),
    origin,
    remedy: wrongPair,
  });

/** A weight that the architecture does not have. */
export const strayWeight = (name: string, origin: string): OrzError =>
  new OrzError('ORZ_WEIGHTS', `Weight "${name}" is not part of this model`, {
    value: name,
    origin,
    remedy: `${wrongPair} Or use another model, if this one has a part that is not supported.`,
  });

/** A number format that weights are not read from. */
export const unreadableDtype = (name: string, dtype: string, known: readonly string[], origin: string): OrzError =>
  new OrzError('ORZ_WEIGHTS', `Weight "${name}" has dtype ${dtype}`, {
    value: dtype,
    allowed: known,
    origin,
    remedy: 'Use the original checkpoint: quantised ones are not read.',
  });

/** A value head with a bias, which value heads do not have here. */
export const biasedValueHead = (name: string, origin: string): OrzError =>
  new OrzError('ORZ_WEIGHTS', `Weight "${name}" is not 0`, {
    origin,
    remedy: 'Use a critic without a bias: value heads have none here.',
  });

/** An output matrix beside a tied embedding that is not its copy; `index` is the first number that differs. */
export const untiedOutput = (
  output: string,
  embedding: string,
  { index, origin }: { readonly index: number; readonly origin: string },
): OrzError =>
  new OrzError('ORZ_WEIGHTS', `Weight "${output}" differs from "${embedding}", though config.json ties them`, {
    value: index,
    origin,
    remedy: 'Set tie_word_embeddings to false if the model has an output matrix of its own.',
  });

/** A number of a weight with its position, for messages. */
export interface WeightElement {
  readonly tensor: string;
  readonly index: number;
  readonly value: number;
  readonly origin: string;
}

/** NaN or infinity in a file. */
export const nonFiniteWeight = ({ tensor, index, value, origin }: WeightElement): OrzError =>
  new OrzError('ORZ_NOT_FINITE', `Weight "${tensor}" has ${value} at element ${index}`, {
    value: String(value),
    origin,
    remedy: 'Use another checkpoint: this one is damaged.',
  });

/** A number that a format cannot store: it is not finite, or would round to infinity. */
export function unstorableNumber({ tensor, index, value, origin }: WeightElement, dtype: string, max: string) {
  const isFinite = Number.isFinite(value);
  return new OrzError(
    isFinite ? 'ORZ_WEIGHTS' : 'ORZ_NOT_FINITE',
    `Weight "${tensor}" has ${value} at element ${index}, which ${dtype} cannot store`,
    {
      value: String(value),
      allowed: `magnitudes up to ${max}`,
      origin,
      remedy: isFinite ? 'Export it with --dtype f32' : 'Use the last checkpoint: the model is damaged.',
    },
  );
}

/** Tensors that a writer receives in another order or size than announced; undefined where there are too few. */
export function unannouncedTensor(
  expected: { readonly name: string; readonly shape: readonly number[] },
  found: { readonly name: string; readonly data: ArrayLike<number> } | undefined,
): OrzError {
  const came = found ? `Tensor "${found.name}" of ${found.data.length} numbers` : 'No tensor';
  const message = `${came} comes where "${expected.name}" ${showShape(expected.shape)} was announced`;
  return new OrzError('ORZ_INTERNAL', message, { remedy: 'Report it with the message and the command you ran.' });
}

const showShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
