import type * as z from 'zod';
import { elementAt } from '../arrays.js';
import type { DecoderConfig, RopeScaling } from '../compute/nn/config.js';
import type { HeadKind } from '../compute/nn/parameters.js';
import type { UnknownConfigKeys } from '../contracts/model-source.js';
import { familyKeys, ropeKeys, type Family, type FamilyConfig } from './config-keys.js';
import { invalidHeads, unknownFamily, unknownKey, unsupportedKey } from './errors.js';
import type { WeightType } from './number-formats.js';
import { sortUnknownKeys } from './unknown-keys.js';

/** Class names of `transformers` begin with these. */
const classPrefixes: Readonly<Record<Family, string>> = { qwen2: 'Qwen2', qwen3: 'Qwen3', llama: 'Llama' };
const classEndings: Readonly<Record<HeadKind, string>> = { language: 'ForCausalLM', value: 'ForTokenClassification' };
const dtypeNames: Readonly<Record<WeightType, string>> = { f32: 'float32', bf16: 'bfloat16', f16: 'float16' };

/** The facts in a `config.json`: the architecture, the head of the weights, and the ids that end a text. */
export interface ModelFacts {
  readonly config: DecoderConfig;
  readonly head: HeadKind;
  readonly endTokens: readonly number[];
  /** Keys that nobody here knows and that are ignored. */
  readonly ignoredKeys: readonly string[];
}

/** The family whose code in `transformers` and vLLM computes this architecture. */
export const familyOf = (c: DecoderConfig): Family =>
  c.qkNorm ? 'qwen3' : c.attentionBias === 'qkv' ? 'qwen2' : 'llama';

/** What an exported `config.json` states beside the architecture. */
export interface ExportFacts {
  readonly head: HeadKind;
  readonly dtype: WeightType;
  readonly endTokens: readonly number[];
  readonly bosToken?: number | undefined;
}

/**
 * `config.json` of a decoder as Hugging Face `transformers` (4 and 5) and vLLM read it. A critic is a token classifier
 * with one label: its logit at a token is the value there.
 */
export function toHuggingFaceConfig(c: DecoderConfig, facts: ExportFacts): Record<string, unknown> {
  const family = familyOf(c);
  return {
    architectures: [classPrefixes[family] + classEndings[facts.head]],
    model_type: family,
    torch_dtype: dtypeNames[facts.dtype],
    vocab_size: c.vocabSize,
    hidden_size: c.hiddenSize,
    num_hidden_layers: c.layers,
    num_attention_heads: c.heads,
    num_key_value_heads: c.kvHeads,
    head_dim: c.headDim,
    intermediate_size: c.intermediateSize,
    hidden_act: 'silu',
    rms_norm_eps: c.rmsNormEps,
    rope_theta: c.ropeTheta,
    rope_scaling: c.ropeScaling ? toRopeScaling(c.ropeScaling) : null,
    tie_word_embeddings: c.tieWordEmbeddings,
    max_position_embeddings: c.maxPositions,
    ...(family === 'llama' ? { mlp_bias: false } : { use_sliding_window: false }),
    ...(family === 'qwen2' ? {} : { attention_bias: c.attentionBias === 'all' }),
    bos_token_id: facts.bosToken ?? null,
    eos_token_id: facts.endTokens.length === 1 ? facts.endTokens[0] : facts.endTokens,
    ...(facts.head === 'value' ? { id2label: { 0: 'value' }, label2id: { value: 0 }, classifier_dropout: 0 } : {}),
  };
}

const toRopeScaling = (s: RopeScaling): Record<string, unknown> => ({
  rope_type: s.type,
  factor: s.factor,
  low_freq_factor: s.lowFrequencyFactor,
  high_freq_factor: s.highFrequencyFactor,
  original_max_position_embeddings: s.originalMaxPositions,
});

/**
 * Reads a parsed `config.json`. Throws ORZ_MODEL_CONFIG naming the first key that is missing, wrong, not implemented,
 * or unknown and refused.
 */
export function fromHuggingFaceConfig(value: unknown, origin: string, unknownKeys?: UnknownConfigKeys): ModelFacts {
  const family = familyIn(value, origin);
  const c: FamilyConfig = parse(familyKeys[family], value, { origin });
  const { ignored, refused } = sortUnknownKeys(value as object, familyKeys[family].shape, unknownKeys);
  if (refused !== undefined) throw unknownKey(origin, refused, unknownKeys);
  const config: DecoderConfig = {
    vocabSize: c.vocab_size,
    hiddenSize: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
    // transformers takes 128 for a Qwen3 that does not say, and the width shared among the heads for the others.
    headDim: c.head_dim ?? (family === 'qwen3' ? 128 : c.hidden_size / c.num_attention_heads),
    intermediateSize: c.intermediate_size,
    rmsNormEps: c.rms_norm_eps,
    ...readRope(c, origin),
    attentionBias: attentionBiasOf(c),
    qkNorm: family === 'qwen3',
    tieWordEmbeddings: c.tie_word_embeddings,
    maxPositions: maxPositionsOf(c),
  };
  if (config.heads % config.kvHeads !== 0 || !Number.isInteger(config.headDim) || config.headDim % 2 !== 0)
    throw invalidHeads(origin, config);
  if (c.layer_types && c.layer_types.length !== config.layers)
    throw unsupportedKey(origin, 'layer_types', `${c.layer_types.length} entries for ${config.layers} layers`);
  const head = headIn(c, family, origin);
  return { config, head, endTokens: idList(c.eos_token_id), ignoredKeys: ignored };
}

/** Dual chunk attention (Qwen2.5-1M) is ordinary attention within its first chunk. */
function maxPositionsOf(c: FamilyConfig): number {
  const chunks = 'dual_chunk_attention_config' in c ? c.dual_chunk_attention_config : undefined;
  return Math.min(c.max_position_embeddings, chunks ? chunks.chunk_size - chunks.local_size : Infinity);
}

function attentionBiasOf(c: FamilyConfig): DecoderConfig['attentionBias'] {
  if (c.model_type === 'qwen2') return 'qkv';
  return c.attention_bias === true ? 'all' : 'none';
}

/** Ids in one of the forms that `eos_token_id` takes. */
export const idList = (ids: number | readonly number[] | null | undefined): readonly number[] =>
  typeof ids === 'number' ? [ids] : (ids ?? []);

function familyIn(value: unknown, origin: string): Family {
  const name = typeof value === 'object' && value !== null && 'model_type' in value ? value.model_type : undefined;
  if (typeof name === 'string' && Object.hasOwn(familyKeys, name)) return name as Family;
  throw unknownFamily(origin, name, Object.keys(familyKeys));
}

function headIn(c: FamilyConfig, family: Family, origin: string): HeadKind {
  const [name] = c.architectures ?? [];
  if (name === undefined || name === classPrefixes[family] + classEndings.language) return 'language';
  if (name === classPrefixes[family] + classEndings.value) return 'value';
  throw unsupportedKey(origin, 'architectures', `${name} is not implemented`);
}

function readRope(c: FamilyConfig, origin: string): Pick<DecoderConfig, 'ropeTheta' | 'ropeScaling'> {
  if (c.rope_parameters && c.rope_scaling) throw unsupportedKey(origin, 'rope_scaling', 'given beside rope_parameters');
  const key = c.rope_parameters ? 'rope_parameters' : 'rope_scaling';
  const stated = c[key] ?? {};
  const rope = parse(ropeKeys[ropeTypeIn(stated, key, origin)], stated, { origin, prefix: `${key}.` });
  if (typeof c.rope_theta === 'number' && rope.rope_theta !== undefined && c.rope_theta !== rope.rope_theta)
    throw unsupportedKey(origin, 'rope_theta', `${c.rope_theta} here and ${rope.rope_theta} in ${key}`);
  // Files of the first Llama models do not say; the others always do.
  const ropeTheta = rope.rope_theta ?? c.rope_theta ?? (c.model_type === 'llama' ? 10_000 : undefined);
  if (ropeTheta === undefined) throw unsupportedKey(origin, 'rope_theta', 'missing');
  if (!('factor' in rope)) return { ropeTheta };
  const { low_freq_factor: low, high_freq_factor: high } = rope;
  if (high <= low)
    throw unsupportedKey(origin, `${key}.high_freq_factor`, `${high} is not above low_freq_factor, ${low}`);
  const ropeScaling: RopeScaling = {
    type: 'llama3',
    factor: rope.factor,
    lowFrequencyFactor: low,
    highFrequencyFactor: high,
    originalMaxPositions: rope.original_max_position_embeddings,
  };
  return { ropeTheta, ropeScaling };
}

/** The kind of rotary scaling, which older files state as `type`. */
function ropeTypeIn(stated: Readonly<Record<string, unknown>>, key: string, origin: string): keyof typeof ropeKeys {
  const { rope_type: newer, type: older } = stated;
  const type = newer ?? older ?? 'default';
  if (older !== undefined && older !== type)
    throw unsupportedKey(origin, `${key}.type`, `${JSON.stringify(older)} beside rope_type ${JSON.stringify(type)}`);
  if (typeof type === 'string' && Object.hasOwn(ropeKeys, type)) return type as keyof typeof ropeKeys;
  const field = 'rope_type' in stated ? 'rope_type' : 'type';
  throw unsupportedKey(origin, `${key}.${field}`, `${JSON.stringify(type)} is not implemented`);
}

/** `value` under a schema; the first problem, with the path under `prefix`, becomes the error. */
export function parse<S extends z.ZodType>(
  schema: S,
  value: unknown,
  { origin, prefix = '' }: { readonly origin: string; readonly prefix?: string },
): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = elementAt(parsed.error.issues, 0);
  if (issue.code !== 'unrecognized_keys') throw unsupportedKey(origin, prefix + issue.path.join('.'), issue.message);
  const path = [...issue.path, elementAt(issue.keys, 0)].join('.');
  throw unsupportedKey(origin, prefix + path, 'this key is not implemented');
}
