import { expect, it } from 'vitest';
import { exampleSequences } from '../../../core/conformance/example-model.js';
import type { SampleRequest } from '../../../core/contracts/sampler.js';
import { LocalModels } from '../../../core/compute/engine/local-engine.js';
import { createRandom } from '../../../core/random.js';
import { ReferenceBackend } from '../../../plugins/backend-reference/backend.js';
import { createAdamW } from '../../../plugins/optimizer-adamw/plugin.js';
import { base, engineSettings, makeModels, onClose, replyOf, start, type Started } from './support.js';

const prompts = exampleSequences([
  [3, 1],
  [7, 1],
  [1, 1],
  [5, 1],
]).map(({ tokens, promptLength }) => tokens.slice(0, promptLength));

const body = (sampling_session_id: string, prompt: number, changes: object = {}): object => ({
  sampling_session_id,
  prompt: { chunks: [{ type: 'encoded_text', tokens: [...prompts[prompt]!] }] },
  num_samples: 3,
  sampling_params: { max_tokens: 20, temperature: 1, seed: 9, stop: ['ab'], stop_token_ids: [19, 20] },
  key: [4, prompt],
  ...changes,
});

const request = (prompt: number): SampleRequest => ({
  promptTokens: prompts[prompt]!,
  count: 3,
  key: [4, prompt],
  settings: { temperature: 1, topP: 1, topK: 0, maxResponseTokens: 20, stop: ['ab'], stopTokens: [19, 20] },
});

async function learn(server: Started, id: string, sequence: number): Promise<void> {
  const tokens = Int32Array.of(1, 2, 3, 4, 5);
  const datum = { tokens: tokens.slice(0, -1), inputs: { target_tokens: tokens.slice(2) } };
  await replyOf(server.pass(id, sequence, [datum]));
  const adam_params = { learning_rate: 0.05 };
  await server.result(await server.post('optim_step', { model_id: id, seq_id: sequence + 1, adam_params }));
}

const ephemeral = async (server: Started, model_id: string, seq_id: number): Promise<string> => {
  const reply = await server.post('save_weights_for_sampler', { model_id, seq_id, sampling_session_seq_id: seq_id });
  const result = await server.result(reply);
  expect(result).toMatchObject({ type: 'save_weights_for_sampler', path: null });
  return result['sampling_session_id'] as string;
};

it('draws for seed and key what a local sampler draws, whatever else is asked', async () => {
  const server = await start();
  const { id } = await server.model();
  const session = await ephemeral(server, id, 1);
  const models = new LocalModels(engineSettings, new ReferenceBackend(), {
    base,
    random: createRandom(9),
    optimizer: createAdamW(),
  });
  onClose(() => models.dispose());
  const sampler = models.createSampler();
  await sampler.sync(await models.create('policy'));
  const expected = await sampler.sample(prompts.map((_, prompt) => request(prompt)));
  const replies = await Promise.all([
    ...prompts.map((_, prompt) => server.post('asample', body(session, prompt))),
    server.post('asample', body(session, 1, { sampling_params: { max_tokens: 9, seed: 3 }, key: undefined })),
  ]);
  for (const [prompt, reply] of replies.slice(0, prompts.length).entries()) {
    const own = expected.filter(({ request: index }) => index === prompt);
    expect((await server.samples(reply)).sequences).toEqual(
      own.map(({ tokens, logprobs, stopReason }) => ({ tokens, logprobs, stopReason })),
    );
    expect(reply['sample_sequence_ids']).toHaveLength(3);
  }
});

it('a session keeps its weights while the model trains on; so many sessions are kept', async () => {
  const server = await start({}, { maxKeptWeights: 2 });
  const { id } = await server.model();
  const draw = async (session: string, seq_id: number) =>
    server.samples(await server.post('asample', body(session, 0, { seq_id })));
  const first = await ephemeral(server, id, 1);
  const before = await draw(first, 0);
  await learn(server, id, 2);
  const second = await ephemeral(server, id, 4);
  expect(await draw(second, 0)).not.toEqual(before);
  expect(await draw(first, 1)).toEqual(before);
  await learn(server, id, 5);
  const third = await ephemeral(server, id, 7);
  await learn(server, id, 8);
  // The least recently used of three is gone, the others are there.
  expect(await server.result(await server.post('asample', body(first, 0, { seq_id: 2 })))).toMatchObject({
    error: expect.stringContaining('were dropped'),
    category: 'user',
  });
  for (const session of [second, third]) expect((await draw(session, 3)).sequences).toHaveLength(3);
});

it('a session samples on when its model is unloaded; adapters and the reference keep the base as it is', async () => {
  const server = await start();
  const draw = async (session: string, seq_id: number) =>
    server.samples(await server.post('asample', body(session, 0, { seq_id })));
  const { session, id } = await server.model({ lora_config: { rank: 2 } });
  const untrained = await ephemeral(server, id, 1);
  const before = await draw(untrained, 1);
  await learn(server, id, 2);
  const trained = await ephemeral(server, id, 4);
  const after = await draw(trained, 1);
  expect(after).not.toEqual(before);
  await server.result(await server.post('unload_model', { model_id: id }));
  expect(await draw(trained, 2)).toEqual(after);
  expect(await draw(untrained, 2)).toEqual(before);
  const another = { session_id: session, base_model: 'example', model_seq_id: 1, model_role: 'reference' };
  const reference = (await server.post('create_model', another))['model_id'] as string;
  const tokens = Int32Array.of(...prompts[0]!, ...before.sequences[0]!.tokens);
  const inputs = { target_tokens: tokens.slice(prompts[0]!.length) };
  const data = [{ tokens: tokens.slice(0, -1), inputs }];
  const scores = await server.output(await replyOf(server.pass(reference, 1, data, { isForwardOnly: true })));
  const { logprobs } = before.sequences[0]!;
  for (const [t, logprob] of scores.outputs[0]!['logprobs']!.entries()) expect(logprob).toBeCloseTo(logprobs![t]!, 5);
  expect((await server.pass(reference, 2, data)).status).toBe(400);
});

it('samples from the base model, which never changes, with log-probabilities of the prompt', async () => {
  const server = await start();
  const { session, id } = await server.model();
  await learn(server, id, 1);
  const create = { session_id: session, sampling_session_seq_id: 1, base_model: 'example' };
  const { sampling_session_id: sampler } = await server.post('create_sampling_session', create);
  expect(await server.post('create_sampling_session', create)).toMatchObject({ sampling_session_id: sampler });
  const info = await server.request('GET', `samplers/${sampler as string}`);
  expect(await info.json()).toEqual({ sampler_id: sampler, base_model: 'example', model_path: null });
  const reply = await server.post('asample', body(sampler as string, 1, { prompt_logprobs: true, seq_id: 1 }));
  const { sequences, promptLogprobs } = await server.samples(reply);
  const local = await makeModels().create('policy');
  const [scores] = await local.forward([{ tokens: prompts[1]!, promptLength: 1 }]);
  expect([...promptLogprobs!]).toEqual([NaN, ...scores!.logprobs!]);
  const whole = sequences.map(({ tokens }) => ({
    tokens: Int32Array.of(...prompts[1]!, ...tokens),
    promptLength: prompts[1]!.length,
  }));
  for (const [i, { logprobs }] of (await local.forward(whole)).entries())
    for (const [t, logprob] of logprobs!.entries()) expect(sequences[i]!.logprobs![t]).toBeCloseTo(logprob, 5);
});

it('a text that ends ends a response, unless the stops are an empty list or ids of their own', async () => {
  const server = await start();
  const { id } = await server.model();
  const session = await ephemeral(server, id, 1);
  const lengths = async (params: object, seq_id: number): Promise<string[]> => {
    const sampling_params = { max_tokens: 100, seed: 1, ...params };
    const { sequences } = await server.samples(
      await server.post('asample', body(session, 0, { num_samples: 20, sampling_params, key: undefined, seq_id })),
    );
    return sequences.map(({ stopReason }) => stopReason);
  };
  expect(await lengths({}, 1)).toContain('stop');
  expect(await lengths({ stop: [] }, 2)).not.toContain('stop');
  expect(await lengths({ stop_token_ids: [] }, 3)).not.toContain('stop');
  expect(await lengths({ stop: [3] }, 4)).toContain('stop');
});

it.each([
  [{ prompt: { chunks: [{ tokens: [99] }] } }, 'token 99 is not in the vocabulary'],
  [{ prompt: { chunks: [] } }, 'the prompt is empty'],
  [{ sampling_params: { seed: 1, max_tokens: 158 } }, 'max_tokens 158 after a prompt of 3'],
  [{ sampling_params: { seed: 1, max_tokens: 0 } }, 'max_tokens 0'],
  [{ sampling_params: { seed: 1, stop: [''] } }, 'stop'],
  [{ topk_prompt_logprobs: 2 }, 'topk_prompt_logprobs'],
  [{ prompt_alt_tokens_k: 1 }, 'prompt_alt_tokens_k is not supported'],
  [{ num_samples: 1e6 }, 'num_samples'],
  [{ key: [2 ** 32, 1] }, 'key'],
  [{ sampling_session_id: 'sampling_no' }, 'no sampling session'],
  [{ sampling_session_id: null }, 'one of base_model and model_path'],
  [{ sampling_session_id: null, model_path: 'tinker://../weights/x' }, 'no address'],
  [{ sampling_session_id: null, model_path: 'tinker://m/weights/x' }, 'no checkpoint'],
  [{ sampling_session_id: null, base_model: 'other' }, 'this server has the base model example'],
])('refuses %j', async (changes, message) => {
  const server = await start();
  const { id } = await server.model();
  const [status, detail] = await server.refusal('asample', body(await ephemeral(server, id, 1), 0, changes));
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(detail).toContain(message);
});
