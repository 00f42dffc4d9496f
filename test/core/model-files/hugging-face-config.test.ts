import { describe, expect, it } from 'vitest';
import { exampleDecoder, untiedDecoder } from '../../../core/conformance/example-model.js';
import type { DecoderConfig } from '../../../core/compute/nn/config.js';
import type { HeadKind } from '../../../core/compute/nn/parameters.js';
import { fromHuggingFaceConfig, toHuggingFaceConfig } from '../../../core/model-files/hugging-face-config.js';
import { published as publishedConfigs } from './published-configs.js';

const qwen: Record<string, unknown> = { ...publishedConfigs['Qwen/Qwen2.5-0.5B'] };

const read = (changes: Record<string, unknown>, published: Record<string, unknown> = qwen): unknown => {
  try {
    return fromHuggingFaceConfig(JSON.parse(JSON.stringify({ ...published, ...changes })), 'folder/config.json');
  } catch (error) {
    return error;
  }
};

describe('a config.json of the Qwen2 family', () => {
  it('gives the architecture and the ids that end a text', () => {
    expect(read({})).toEqual({
      endTokens: [151_643],
      head: 'language',
      ignoredKeys: [],
      config: {
        vocabSize: 151_936,
        hiddenSize: 896,
        layers: 24,
        heads: 14,
        kvHeads: 2,
        headDim: 64,
        intermediateSize: 4864,
        rmsNormEps: 1e-6,
        ropeTheta: 1e6,
        attentionBias: 'qkv',
        qkNorm: false,
        tieWordEmbeddings: true,
        maxPositions: 32_768,
      },
    });
    expect(read({ eos_token_id: [3, 5] })).toMatchObject({ endTokens: [3, 5] });
    expect(read({ eos_token_id: null })).toMatchObject({ endTokens: [] });
    expect(read({ head_dim: 128 })).toMatchObject({ config: { headDim: 128 } });
  });

  it('may be of transformers 5, which puts the rotary base elsewhere', () => {
    const layer_types = new Array<string>(24).fill('full_attention');
    expect(
      read({ rope_theta: undefined, rope_parameters: { rope_theta: 5e5, rope_type: 'default' }, layer_types }),
    ).toMatchObject({ config: { ropeTheta: 5e5 } });
  });
});

/** As published with Llama-3.2-1B. */
const llama = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 128_000,
  eos_token_id: [128_001, 128_008, 128_009],
  head_dim: 64,
  hidden_act: 'silu',
  hidden_size: 2048,
  initializer_range: 0.02,
  intermediate_size: 8192,
  max_position_embeddings: 131_072,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 32,
  num_hidden_layers: 16,
  num_key_value_heads: 8,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: {
    factor: 32.0,
    high_freq_factor: 4.0,
    low_freq_factor: 1.0,
    original_max_position_embeddings: 8192,
    rope_type: 'llama3',
  },
  rope_theta: 500_000.0,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  transformers_version: '4.45.0.dev0',
  use_cache: true,
  vocab_size: 128_256,
};
const llamaConfig: DecoderConfig = {
  vocabSize: 128_256,
  hiddenSize: 2048,
  layers: 16,
  heads: 32,
  kvHeads: 8,
  headDim: 64,
  intermediateSize: 8192,
  rmsNormEps: 1e-5,
  ropeTheta: 5e5,
  ropeScaling: {
    type: 'llama3',
    factor: 32,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalMaxPositions: 8192,
  },
  attentionBias: 'none',
  qkNorm: false,
  tieWordEmbeddings: true,
  maxPositions: 131_072,
};

describe('a config.json of the Llama family', () => {
  it('gives the architecture with its rotary scaling', () => {
    expect(read({}, llama)).toEqual({
      config: llamaConfig,
      head: 'language',
      endTokens: llama.eos_token_id,
      ignoredKeys: [],
    });
    expect(read({ attention_bias: true }, llama)).toMatchObject({ config: { attentionBias: 'all' } });
    // The form of transformers 5.
    expect(
      read(
        { rope_theta: undefined, rope_scaling: undefined, rope_parameters: { ...llama.rope_scaling, rope_theta: 5e5 } },
        llama,
      ),
    ).toEqual({ config: llamaConfig, head: 'language', endTokens: llama.eos_token_id, ignoredKeys: [] });
  });

  it('may be of the first models, which say less', () => {
    const { attention_bias: _a, mlp_bias: _b, head_dim: _c, rope_theta: _d, num_key_value_heads: _e, ...old } = llama;
    expect(read({ rope_scaling: null }, old)).toMatchObject({
      config: { kvHeads: 32, headDim: 64, ropeTheta: 10_000, attentionBias: 'none' },
    });
    expect((read({ rope_scaling: null }, old) as { config: DecoderConfig }).config).not.toHaveProperty('ropeScaling');
  });
});

/** As published with Qwen3-0.6B-Base. */
const qwen3 = {
  architectures: ['Qwen3ForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 151_643,
  eos_token_id: 151_643,
  head_dim: 128,
  hidden_act: 'silu',
  hidden_size: 1024,
  initializer_range: 0.02,
  intermediate_size: 3072,
  max_position_embeddings: 32_768,
  max_window_layers: 28,
  model_type: 'qwen3',
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1_000_000,
  sliding_window: null,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  transformers_version: '4.51.0',
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 151_936,
};

describe('a config.json of the Qwen3 family', () => {
  it('gives the architecture, normalised queries and keys included', () => {
    expect(read({}, qwen3)).toMatchObject({
      config: { headDim: 128, heads: 16, hiddenSize: 1024, qkNorm: true, attentionBias: 'none' },
    });
    expect(read({ attention_bias: true }, qwen3)).toMatchObject({ config: { attentionBias: 'all' } });
    expect(read({ head_dim: undefined, hidden_size: 256 }, qwen3)).toMatchObject({ config: { headDim: 128 } });
  });
});

describe('a written config.json', () => {
  const decoders: DecoderConfig[] = [
    exampleDecoder,
    untiedDecoder,
    llamaConfig,
    { ...llamaConfig, attentionBias: 'all' },
    { ...exampleDecoder, attentionBias: 'none', qkNorm: true },
    { ...exampleDecoder, attentionBias: 'all', qkNorm: true },
  ];

  it('is read back as the same model, head and end tokens', () => {
    for (const config of decoders) {
      for (const [endTokens, head] of [
        [[1], 'language'],
        [[4, 9], 'value'],
        [[], 'language'],
      ] as const) {
        expect(
          fromHuggingFaceConfig(
            JSON.parse(JSON.stringify(toHuggingFaceConfig(config, { endTokens, head, dtype: 'bf16' }))),
            'x',
          ),
        ).toEqual({ config, head, endTokens, ignoredKeys: [] });
      }
    }
  });

  it('names the class of transformers and the dtype', () => {
    const written = (config: DecoderConfig, head: HeadKind): unknown =>
      toHuggingFaceConfig(config, { endTokens: [1], head, dtype: 'f16' });
    expect(decoders.map((config) => written(config, 'language'))).toMatchObject(
      ['Qwen2', 'Qwen2', 'Llama', 'Llama', 'Qwen3', 'Qwen3'].map((family) => ({
        architectures: [`${family}ForCausalLM`],
        model_type: family.toLowerCase(),
        torch_dtype: 'float16',
      })),
    );
    expect(written(exampleDecoder, 'value')).toMatchObject({
      architectures: ['Qwen2ForTokenClassification'],
      id2label: { 0: 'value' },
      label2id: { value: 0 },
      classifier_dropout: 0,
    });
  });
});

describe('a config.json that asks for what is not implemented', () => {
  it.each([
    ['model_type', 'mistral'],
    ['hidden_act', 'gelu'],
    ['rope_scaling', { type: 'yarn', factor: 4 }],
    ['rope_parameters', { rope_theta: 1e4, rope_type: 'llama3' }],
    ['use_sliding_window', true],
    ['layer_types', ['full_attention', 'sliding_attention']],
    ['use_mrope', true],
    ['attention_dropout', 0.1],
    ['quantization_config', { bits: 4 }],
    ['attention_bias', false],
    ['num_experts', 8],
    ['vocab_size', 0],
    ['hidden_size', 1.5],
    ['num_hidden_layers', '24'],
    ['rms_norm_eps', null],
    ['rope_theta', undefined],
    ['tie_word_embeddings', undefined],
    ['eos_token_id', -1],
    ['eos_token_id', 'end'],
  ])('is refused by naming %s = %o', (key, value) => {
    expect(read({ [key]: value })).toMatchObject({
      code: 'ORZ_MODEL_CONFIG',
      message: expect.stringContaining(`folder/config.json: ${key}`),
      details: { origin: 'folder/config.json' },
    });
  });

  const scaling = llama.rope_scaling;
  it.each([
    ['rope_scaling', { type: 'dynamic', factor: 2 }],
    ['rope_scaling', { rope_type: 'linear', factor: 2 }],
    ['rope_scaling', { rope_type: 'yarn' }],
    ['rope_scaling.rope_type', { rope_type: 'constructor' }],
    ['rope_scaling.type', { type: 'linear', rope_type: 'llama3' }],
    ['rope_scaling.low_freq_factor', { ...scaling, low_freq_factor: 0 }],
    ['rope_scaling.high_freq_factor', { ...scaling, high_freq_factor: 1 }],
    ['rope_scaling.factor', { ...scaling, factor: 0.5 }],
    ['rope_scaling.original_max_position_embeddings', { ...scaling, original_max_position_embeddings: undefined }],
    ['rope_scaling.beta_fast', { ...scaling, beta_fast: 32 }],
  ])('is refused by naming %s = %o of a Llama', (key, value) => {
    expect(read({ rope_scaling: value }, llama)).toMatchObject({
      code: 'ORZ_MODEL_CONFIG',
      message: expect.stringContaining(`folder/config.json: ${key}`),
    });
  });

  it.each([
    ['llama', 'mlp_bias', true],
    ['llama', 'pretraining_tp', 2],
    ['llama', 'sliding_window', 4096],
    ['llama', 'attention_bias', 'yes'],
    ['llama', 'use_sliding_window', true],
    ['qwen3', 'use_sliding_window', true],
    ['qwen3', 'layer_types', ['full_attention']],
    ['llama', 'architectures', ['LlamaForSequenceClassification']],
    ['qwen', 'architectures', ['Qwen3ForCausalLM']],
    ['qwen', 'architectures', ['Qwen2ForCausalLM', 'Other']],
    ['qwen', 'model_type', 'constructor'],
    ['llama', 'rope_parameters', { rope_theta: 1e4, rope_type: 'default' }],
  ] as const)('is refused when %s has %s = %o', (published, key, value) => {
    expect(read({ [key]: value }, { llama, qwen, qwen3 }[published])).toMatchObject({
      code: 'ORZ_MODEL_CONFIG',
      message: expect.stringMatching(
        key === 'rope_parameters' ? /rope_scaling: given beside rope_parameters/ : new RegExp(`config.json: ${key}`),
      ),
    });
  });

  it('is refused when two keys disagree on the rotary base', () => {
    expect(read({ rope_parameters: { rope_theta: 5, rope_type: 'default' } })).toMatchObject({
      code: 'ORZ_MODEL_CONFIG',
      message: expect.stringContaining('rope_theta: 1000000 here and 5'),
    });
  });

  it('is refused when the numbers of heads do not match', () => {
    for (const changes of [
      { num_key_value_heads: 3 },
      { num_attention_heads: 11, num_key_value_heads: 1 },
      { head_dim: 63 },
    ])
      expect(read(changes)).toMatchObject({ code: 'ORZ_MODEL_CONFIG', message: expect.stringContaining('heads') });
  });

  it('is refused when it is not an object', () => {
    for (const value of [null, [], 'qwen2', 7])
      expect(() => fromHuggingFaceConfig(value, 'x')).toThrow(expect.objectContaining({ code: 'ORZ_MODEL_CONFIG' }));
  });
});
