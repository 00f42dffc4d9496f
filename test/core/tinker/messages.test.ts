import { describe, expect, it } from 'vitest';
import { capabilitiesReply, optimStepReply, pendingReply, readReply } from '../../../core/tinker/replies.js';
import { optimStepRequest, sampleRequest, saveWeightsRequest } from '../../../core/tinker/requests.js';

describe('requests', () => {
  it('have the defaults of the SDK', () => {
    expect(optimStepRequest.parse({ model_id: 'm', adam_params: {}, type: 'optim_step' })).toEqual({
      model_id: 'm',
      adam_params: {
        learning_rate: 1e-4,
        beta1: 0.9,
        beta2: 0.95,
        eps: 1e-12,
        weight_decay: 0,
        grad_clip_norm: 0,
      },
    });
    expect(
      sampleRequest.parse({ prompt: { chunks: [{ tokens: [1] }] }, sampling_params: { max_tokens: 3 } }),
    ).toMatchObject({ num_samples: 1, sampling_params: { temperature: 1, top_p: 1, top_k: -1 } });
  });

  it.each([['stop'], [['a', 'b']], [[1, 2]], [null]])('stop may be %j', (stop) => {
    expect(sampleRequest.safeParse({ prompt: { chunks: [] }, sampling_params: { stop }, seq_id: 0 }).success).toBe(
      true,
    );
  });

  it.each([['a/b'], ['..'], ['x'.repeat(256)], ['']])('%j names no checkpoint', (path) => {
    expect(saveWeightsRequest.safeParse({ model_id: 'm', path }).success).toBe(false);
  });
});

describe('readReply', () => {
  it('leaves out what it does not know', () => {
    const reply = { request_id: '7', future_id: '7', status: 'pending' };
    expect(readReply('forward_backward', pendingReply, reply)).toEqual({ request_id: '7' });
    const norm = { metrics: { 'skyrl.ai/grad_norm': null } };
    expect(readReply('optim_step', optimStepReply, norm)).toEqual(norm);
  });

  it('names the message and the field that is wrong', () => {
    const call = () => readReply('get_server_capabilities', capabilitiesReply, { supported_models: [3] });
    expect(call).toThrow(/get_server_capabilities: supported_models\.0: /);
    expect(call).toThrow(expect.objectContaining({ code: 'ORZ_SERVER' }));
  });
});
