import type { RandomStream } from '../../random.js';
import type { DecoderConfig } from './config.js';
import { sizeOf, type Shape } from '../tensor/types.js';

/** A constant, a normal distribution with this standard deviation, or a uniform one in ±bound. */
type InitialValues = { readonly fill: number } | { readonly std: number } | { readonly bound: number };

/** How the numbers of a model are stored. All arithmetic is f32. */
export const storedDTypes = ['f32', 'bf16'] as const;
export type StoredDType = (typeof storedDTypes)[number];

/** A parameter of a decoder: its Hugging Face name, its shape, and what a run does with it. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  /** How a fresh one is drawn. */
  readonly initial: InitialValues;
  readonly dtype: StoredDType;
  /** Whether the optimizer changes it. What it does not change has neither gradient nor moments. */
  readonly trainable: boolean;
}

/** A parameter of f32 that is trained, as all are unless a run wants it otherwise. */
export const parameter = (name: string, shape: Shape, initial: InitialValues): ParameterSpec => ({
  name,
  shape,
  initial,
  dtype: 'f32',
  trainable: true,
});

export type HeadKind = 'language' | 'value';

export const embeddingName = 'model.embed_tokens.weight';
export const finalNormName = 'model.norm.weight';
export const valueHeadName = 'value_head.weight';
export const layerPrefix = (layer: number): string => `model.layers.${layer}.`;

/** Name of the output matrix: the embedding itself when tied. */
export const languageHeadName = (config: DecoderConfig): string =>
  config.tieWordEmbeddings ? embeddingName : 'lm_head.weight';

/** Parameters of one block, named without the `model.layers.N.` prefix. */
export function blockParameters(c: DecoderConfig): ParameterSpec[] {
  const query = c.heads * c.headDim,
    key = c.kvHeads * c.headDim;
  const matrix = (name: string, rows: number, columns: number, scale = 1): ParameterSpec =>
    parameter(name, [rows, columns], { std: scale / Math.sqrt(columns) });
  const bias = (present: boolean, name: string, length: number): ParameterSpec[] =>
    present ? [parameter(name, [length], { fill: 0 })] : [];
  const norm = (name: string, width: number): ParameterSpec => parameter(name, [width], { fill: 1 });
  const inputBias = c.attentionBias !== 'none';
  // Projections back into the residual stream start smaller with depth (GPT-2), so that its variance does not grow.
  const residual = 1 / Math.sqrt(2 * c.layers);
  return [
    norm('input_layernorm.weight', c.hiddenSize),
    matrix('self_attn.q_proj.weight', query, c.hiddenSize),
    ...bias(inputBias, 'self_attn.q_proj.bias', query),
    matrix('self_attn.k_proj.weight', key, c.hiddenSize),
    ...bias(inputBias, 'self_attn.k_proj.bias', key),
    matrix('self_attn.v_proj.weight', key, c.hiddenSize),
    ...bias(inputBias, 'self_attn.v_proj.bias', key),
    matrix('self_attn.o_proj.weight', c.hiddenSize, query, residual),
    ...bias(c.attentionBias === 'all', 'self_attn.o_proj.bias', c.hiddenSize),
    ...(c.qkNorm ? [norm('self_attn.q_norm.weight', c.headDim), norm('self_attn.k_norm.weight', c.headDim)] : []),
    norm('post_attention_layernorm.weight', c.hiddenSize),
    matrix('mlp.gate_proj.weight', c.intermediateSize, c.hiddenSize),
    matrix('mlp.up_proj.weight', c.intermediateSize, c.hiddenSize),
    matrix('mlp.down_proj.weight', c.hiddenSize, c.intermediateSize, residual),
  ];
}

/** All parameters of a decoder with a language-model head, or of a critic with a scalar head instead. */
export function decoderParameters(c: DecoderConfig, head: HeadKind): ParameterSpec[] {
  const blocks = Array.from({ length: c.layers }, (_, layer) =>
    blockParameters(c).map((p) => ({ ...p, name: layerPrefix(layer) + p.name })),
  );
  return [
    parameter(embeddingName, [c.vocabSize, c.hiddenSize], { std: 0.04 }),
    ...blocks.flat(),
    parameter(finalNormName, [c.hiddenSize], { fill: 1 }),
    ...headParameters(c, head),
  ];
}

/** The output matrix: none of its own where the language-model head is the embedding. */
function headParameters(c: DecoderConfig, head: HeadKind): ParameterSpec[] {
  // Open-Reasoner-Zero, models.py `init_value_head`: normal with standard deviation 1 / (hidden + 1), no bias.
  if (head === 'value') return [parameter(valueHeadName, [1, c.hiddenSize], { std: 1 / (c.hiddenSize + 1) })];
  if (c.tieWordEmbeddings) return [];
  return [parameter(languageHeadName(c), [c.vocabSize, c.hiddenSize], { std: 1 / Math.sqrt(c.hiddenSize) })];
}

export const countParameters = (specs: readonly ParameterSpec[]): number =>
  specs.reduce((n, p) => n + sizeOf(p.shape), 0);

/** Fresh values of the parameter at `index` of its model's list; a pure function of spec, stream and index. */
export function initialValues(spec: ParameterSpec, stream: RandomStream, index: number): Float32Array {
  const values = new Float32Array(sizeOf(spec.shape));
  if ('fill' in spec.initial) return values.fill(spec.initial.fill);
  if ('bound' in spec.initial) {
    const { bound } = spec.initial;
    return values.map((_, i) => (2 * stream.uniform(index, i) - 1) * bound);
  }
  for (let i = 0; i < values.length; i += 2) {
    const [a, b] = stream.normalPair(index, i);
    values[i] = a * spec.initial.std;
    if (i + 1 < values.length) values[i + 1] = b * spec.initial.std;
  }
  return values;
}
