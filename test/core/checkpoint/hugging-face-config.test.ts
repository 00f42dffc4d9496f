import { describe, expect, it } from 'vitest';
import { exampleDecoder, untiedDecoder } from '../../../core/conformance/example-model.js';
import { fromHuggingFaceConfig, toHuggingFaceConfig } from '../../../core/checkpoint/hugging-face-config.js';

/** As published with Qwen2.5-0.5B. */
const qwen = {
  architectures: ['Qwen2ForCausalLM'], attention_dropout: 0.0, bos_token_id: 151_643, eos_token_id: 151_643, hidden_act: 'silu', hidden_size: 896, initializer_range: 0.02,
  intermediate_size: 4864, max_position_embeddings: 32_768, max_window_layers: 24, model_type: 'qwen2', num_attention_heads: 14, num_hidden_layers: 24, num_key_value_heads: 2,
  rms_norm_eps: 1e-6, rope_theta: 1_000_000.0, sliding_window: 32_768, tie_word_embeddings: true, torch_dtype: 'bfloat16', transformers_version: '4.40.1', use_cache: true,
  use_mrope: false, use_sliding_window: false, vocab_size: 151_936,
};

const read = (changes: Record<string, unknown>): unknown => {
  try {
    return fromHuggingFaceConfig(JSON.parse(JSON.stringify({ ...qwen, ...changes })), 'folder/config.json');
  } catch (error) {
    return error;
  }
};

describe('a config.json of the Qwen2 family', () => {
  it('gives the architecture and the ids that end a text', () => {
    expect(read({})).toEqual({
      endTokens: [151_643], head: 'language',
      config: { vocabSize: 151_936, hiddenSize: 896, layers: 24, heads: 14, kvHeads: 2, headDim: 64, intermediateSize: 4864, rmsNormEps: 1e-6, ropeTheta: 1e6, attentionBias: 'qkv', qkNorm: false, tieWordEmbeddings: true, maxPositions: 32_768 },
    });
    expect(read({ eos_token_id: [3, 5] })).toMatchObject({ endTokens: [3, 5] });
    expect(read({ eos_token_id: null })).toMatchObject({ endTokens: [] });
    expect(read({ head_dim: 128 })).toMatchObject({ config: { headDim: 128 } });
  });

  it('may be of transformers 5, which puts the rotary base elsewhere', () => {
    const layer_types = new Array<string>(24).fill('full_attention');
    expect(read({ rope_theta: undefined, rope_parameters: { rope_theta: 5e5, rope_type: 'default' }, layer_types })).toMatchObject({ config: { ropeTheta: 5e5 } });
  });

  it('comes back from what is written', () => {
    for (const config of [exampleDecoder, untiedDecoder]) {
      for (const endTokens of [[1], [4, 9], []]) expect(fromHuggingFaceConfig(JSON.parse(JSON.stringify(toHuggingFaceConfig(config, { endTokens, head: 'language', dtype: 'bf16' }))), 'x')).toEqual({ config, head: 'language', endTokens });
    }
  });
});

describe('a config.json that asks for what is not implemented', () => {
  it.each([
    ['model_type', 'mistral'], ['hidden_act', 'gelu'], ['rope_scaling', { type: 'yarn', factor: 4 }], ['rope_parameters', { rope_theta: 1e4, rope_type: 'llama3' }], ['use_sliding_window', true],
    ['layer_types', ['full_attention', 'sliding_attention']], ['use_mrope', true], ['attention_dropout', 0.1], ['quantization_config', { bits: 4 }], ['attention_bias', false], ['num_experts', 8],
    ['vocab_size', 0], ['hidden_size', 1.5], ['num_hidden_layers', '24'], ['rms_norm_eps', null], ['rope_theta', undefined], ['tie_word_embeddings', undefined], ['eos_token_id', -1], ['eos_token_id', 'end'],
  ])('is refused by naming %s = %o', (key, value) => {
    expect(read({ [key]: value })).toMatchObject({ code: 'ORZ_MODEL_CONFIG', message: expect.stringContaining(`folder/config.json: ${key}`), details: { origin: 'folder/config.json' } });
  });

  it('is refused when heads do not fit', () => {
    for (const changes of [{ num_key_value_heads: 3 }, { num_attention_heads: 11, num_key_value_heads: 1 }, { head_dim: 63 }]) expect(read(changes)).toMatchObject({ code: 'ORZ_MODEL_CONFIG', message: expect.stringContaining('heads') });
  });

  it('is refused when it is no object', () => {
    for (const value of [null, [], 'qwen2', 7]) expect(() => fromHuggingFaceConfig(value, 'x')).toThrow(expect.objectContaining({ code: 'ORZ_MODEL_CONFIG' }));
  });
});
