import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHuggingFaceConfig } from '../../../core/model-files/hugging-face-config.js';
import { mathematicalWords } from '../../../core/model-files/unknown-keys.js';
import type { UnknownConfigKeys } from '../../../core/contracts/model-source.js';
import { bookkeeping, published } from './published-configs.js';

const qwen = published['Qwen/Qwen2.5-0.5B']!;

const read = (changes: Record<string, unknown>, unknownKeys?: UnknownConfigKeys, base: object = qwen) =>
  fromHuggingFaceConfig(JSON.parse(JSON.stringify({ ...base, ...changes })), 'config.json', unknownKeys);

describe('published configurations', () => {
  it.each(Object.keys(published))('%s is read, and no key of it is unknown', (name) => {
    const facts = read({}, 'error', published[name]);
    expect(facts.ignoredKeys).toEqual([]);
    expect(facts.config.layers).toBe(published[name]!['num_hidden_layers']);
  });

  it.each(Object.entries(bookkeeping))('%s = %j is bookkeeping in every family', (key, value) => {
    for (const name of ['Qwen/Qwen2.5-0.5B', 'Qwen/Qwen3-0.6B', 'HuggingFaceTB/SmolLM2-135M'])
      expect(read({ [key]: value }, 'error', published[name])).toEqual(read({}, 'error', published[name]));
  });

  it('keep positions where chunked attention is ordinary attention', () => {
    expect(read({}, 'error', published['Qwen/Qwen2.5-7B-Instruct-1M']).config.maxPositions).toBe(253_952);
  });

  it('of SmolLM3 are refused by family and key', () => {
    expect(() => read({ model_type: 'smollm3', no_rope_layers: [1, 1, 1, 0], no_rope_layer_interval: 4 })).toThrow(
      '"smollm3" is not implemented: the layers that no_rope_layers names have no rotary embedding',
    );
  });

  it.each(['mistral', 'gemma3_text', 'smollm3', 'qwen2_moe', 'qwen3_moe', 'qwen3_next', 'phi3', 'olmo2', 'granite'])(
    'of the family %s are refused by its name',
    (model_type) => {
      expect(() => read({ model_type })).toThrow(`config.json: model_type: "${model_type}" is not implemented`);
    },
  );
});

describe('a key that nobody knows', () => {
  it.each([
    ['license', 'apache-2.0'],
    ['my_note', { author: 'me', date: 5 }],
    ['training_steps', 1000],
    ['tags', ['a', 'b']],
    ['num_params', 1e9],
    // Parts that are not there.
    ['attn_logit_softcapping', null],
    ['final_logit_softcapping', null],
    ['query_pre_attn_scalar', null],
    ['num_experts', 0],
    ['use_qk_norm', false],
    ['qk_layernorm', false],
    ['use_alibi', false],
    ['use_post_norm', false],
    ['attention_sinks', []],
    ['quantization', {}],
    ['lora_config', null],
    ['hidden_dropout', 0.0],
    ['qkv_bias', false],
  ])('is ignored and named: %s = %j', (key, value) => {
    expect(read({ [key]: value })).toEqual({ ...read({}), ignoredKeys: [key] });
    expect(() => read({ [key]: value }, 'error')).toThrow(`config.json: ${key}: this key is not known`);
  });

  it.each([
    ['attn_logit_softcapping', 50],
    ['final_logit_softcapping', 30.0],
    ['query_pre_attn_scalar', 256],
    ['attention_multiplier', 0.0078],
    ['scale_emb', 12],
    ['scale_depth', 1.4],
    ['dim_model_base', 256],
    ['mup_width_multiplier', 2],
    ['use_qk_norm', true],
    ['qknorm', true],
    ['clip_qkv', 8],
    ['use_parallel_residual', true],
    ['rotary_pct', 0.25],
    ['use_xpos', true],
    ['use_sandwich', true],
    ['num_hyper_connections', 4],
    ['kv_lora_rank', 512],
    ['num_register_tokens', 4],
    ['w_bit', 4],
    ['use_delta_rule', true],
    ['rotary_dim', 32],
    ['useRotaryScaling', 2],
    ['sliding_window_pattern', 6],
    ['local_attention', 128],
    ['num_experts', 8],
    ['num_local_experts', 8],
    ['num_nextn_predict_layers', 1],
    ['no_rope_layers', [1, 1, 1, 0]],
    ['no_rope_layer_interval', 4],
    ['activation_sparsity_pattern', [0.95]],
    ['hidden_activation', 'gelu_pytorch_tanh'],
    ['quantization', { bits: 4, group_size: 64 }],
    ['lora_config', { r: 8 }],
    ['hidden_dropout', 0.1],
    ['qkv_bias', true],
    ['use_alibi', true],
    ['residual_scale', 0],
    ['tie_layers', true],
    ['weight_tying', true],
    ['add_unit_offset', true],
    ['lambda_init', 0.8],
    ['ln_type', 'center'],
    ['use_xielu', true],
    ['ngram_size', 3],
    // Parts that every decoder here has, taken away.
    ['use_rope', false],
    ['causal', false],
    ['scale_attn_weights', false],
    ['use_rms_norm', false],
    ['pre_norm', false],
    ['use_gated_mlp', false],
    ['residual_connections', false],
    // Inside of something harmless.
    ['extra', { attention: { window: 5 } }],
    ['plugins', [{ name: 'a', softcap: 3 }]],
  ])('is refused if it looks like mathematics: %s = %j', (key, value) => {
    expect(() => read({ [key]: value })).toThrow(
      expect.objectContaining({
        code: 'ORZ_MODEL_CONFIG',
        message: expect.stringContaining(`config.json: ${key}: this key is not known and looks like mathematics`),
        details: expect.objectContaining({ remedy: expect.stringContaining('--set model.unknownConfigKeys=warn') }),
      }),
    );
    expect(read({ [key]: value }, 'warn')).toEqual({ ...read({}), ignoredKeys: [key] });
  });

  it('may be nested without end', () => {
    const depth = 100_000;
    const deep: unknown = JSON.parse(`${'['.repeat(depth)}1${']'.repeat(depth)}`);
    expect(() => fromHuggingFaceConfig({ ...qwen, deep }, 'config.json')).toThrow('looks like mathematics');
  });
});

describe('a key that is known to be mathematics', () => {
  it.each([
    ['is_causal', true, false],
    ['use_bidirectional_attention', false, true],
    ['rope_interleaved', false, true],
    ['rope_traditional', false, true],
    ['partial_rotary_factor', 1, 0.5],
    ['residual_multiplier', 1, 0.22],
    ['logits_scaling', 1, 8],
    ['embedding_multiplier', 1.0, 12],
    ['logit_scale', 1, 0.0625],
    ['pruned_heads', {}, { 0: [1] }],
    ['quantization_config', null, { quant_method: 'fp8' }],
    ['add_cross_attention', false, true],
    ['use_sliding_window', false, true],
    ['use_mrope', false, true],
    ['mlp_bias', false, true],
    ['pretraining_tp', 1, 2],
  ])('%s is accepted as %j and refused as %j, whatever is said of unknown keys', (key, neutral, other) => {
    for (const name of ['Qwen/Qwen2.5-0.5B', 'Qwen/Qwen3-0.6B', 'HuggingFaceTB/SmolLM2-135M']) {
      const { config, ignoredKeys } = read({ [key]: neutral }, 'error', published[name]);
      expect({ config, ignoredKeys }).toEqual({ config: read({}, 'error', published[name]).config, ignoredKeys: [] });
      for (const treatment of [undefined, 'warn', 'error'] as const)
        expect(() => read({ [key]: other }, treatment, published[name])).toThrow(`config.json: ${key}`);
    }
  });
});

describe('sizes that no file could hold', () => {
  it.each([
    ['num_hidden_layers', 1_000_000],
    ['num_hidden_layers', 1e9],
    ['num_hidden_layers', 1e300],
    ['vocab_size', 2 ** 31],
    ['hidden_size', 2 ** 21],
    ['intermediate_size', 2 ** 40],
    ['num_attention_heads', 2 ** 20],
    ['num_key_value_heads', 2 ** 20],
    ['head_dim', 2 ** 20],
    ['max_position_embeddings', 2 ** 31],
  ])('%s = %d', (key, value) => {
    expect(() => read({ [key]: value })).toThrow(`config.json: ${key}: Too big`);
  });
});

it('the words of mathematics are those in the docs', () => {
  const docs = readFileSync(new URL('../../../docs/checkpoints.md', import.meta.url), 'utf8');
  const [, listed = ''] = /```words\n([^`]*)```/.exec(docs) ?? [];
  expect(listed.split(/\s+/).filter(Boolean)).toEqual(mathematicalWords);
});
