import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createFolderStorage } from '../../../cli/platform/storage.js';
import { Checkpoints } from '../../../cli/tinker-server/checkpoints.js';
import { exampleSequences } from '../../../core/conformance/example-model.js';
import type { Datum } from '../../../core/tinker/protobuf.js';
import { base, replyOf, start, temporaryFolder, type Started } from './support.js';

const data: Datum[] = exampleSequences([
  [3, 9],
  [2, 5],
]).map(({ tokens, promptLength }) => ({
  tokens: tokens.slice(0, -1),
  inputs: {
    target_tokens: tokens.slice(promptLength),
    values: new Float32Array(tokens.length - promptLength),
    returns: new Float32Array(tokens.length - promptLength).fill(1),
  },
}));

const inFolder = (folder: string) => ({ checkpoints: new Checkpoints(createFolderStorage(folder), base) });

async function learn(server: Started, id: string, sequence: number, lossFn = 'cross_entropy') {
  const output = await server.output(await replyOf(server.pass(id, sequence, data, { lossFn })));
  const adam_params = { learning_rate: 0.05 };
  const step = await server.post('optim_step', { model_id: id, seq_id: sequence + 1, adam_params });
  return [output.metrics, await server.result(step)];
}

it.each([
  ['all parameters', {}, 'cross_entropy'],
  ['a critic', { model_role: 'critic' }, 'value_sum'],
  ['adapters', { lora_config: { rank: 2, train_mlp: false } }, 'cross_entropy'],
  ['adapters of a critic', { model_role: 'critic', lora_config: { rank: 2, seed: 3 } }, 'value_sum'],
])('training of %s goes on to the bit from a checkpoint, on a server that was started again', async (_, kind, loss) => {
  const folder = temporaryFolder();
  const server = await start(inFolder(folder));
  const { id } = await server.model(kind);
  await learn(server, id, 1, loss);
  const saved = await server.result(await server.post('save_weights', { model_id: id, path: 'one', seq_id: 3 }));
  expect(saved).toEqual({ type: 'save_weights', path: `tinker://${id}/weights/one` });
  const expected = [await learn(server, id, 4, loss), await learn(server, id, 6, loss)];
  const again = await start(inFolder(folder));
  const other = await again.model(kind);
  const body = { model_id: other.id, path: saved['path'], optimizer: true, seq_id: 1 };
  expect(await again.result(await again.post('load_weights', body))).toMatchObject({ type: 'load_weights' });
  expect([await learn(again, other.id, 2, loss), await learn(again, other.id, 4, loss)]).toEqual(expected);
  // As newer SDKs do it: a model made of the checkpoint.
  const created = { session_id: other.session, model_seq_id: 5, path: saved['path'], optimizer: true };
  const made = await again.result(await again.post('load_weights', created));
  expect([await learn(again, made['model_id'] as string, 1, loss)]).toEqual(expected.slice(0, 1));
});

it('checkpoints are listed, described, replaced and removed, and refused where they do not fit', async () => {
  const folder = temporaryFolder();
  const server = await start(inFolder(folder));
  const { id } = await server.model();
  const save = async (seq_id: number, changes: object = {}) =>
    server.result(await server.post('save_weights', { model_id: id, path: 'one', seq_id, ...changes }));
  await save(1);
  expect(await save(2)).toMatchObject({ error: expect.stringContaining('exists already'), category: 'user' });
  await learn(server, id, 3);
  await save(5, { overwrite: true });
  const sampler = { model_id: id, path: 'two', seq_id: 6 };
  const { path } = await server.result(await server.post('save_weights_for_sampler', sampler));
  expect(path).toBe(`tinker://${id}/sampler_weights/two`);
  const list = async () =>
    ((await (await server.request('GET', `training_runs/${id}/checkpoints`)).json()) as { checkpoints: object[] })
      .checkpoints;
  expect(await list()).toMatchObject([
    { checkpoint_id: 'sampler_weights/two', checkpoint_type: 'sampler', tinker_path: path },
    { checkpoint_id: 'weights/one', checkpoint_type: 'training', size_bytes: expect.any(Number) },
  ]);
  expect(await server.post('weights_info', { tinker_path: path })).toEqual({
    base_model: 'example',
    is_lora: false,
    lora_rank: 0,
  });
  const critic = await server.model({ model_role: 'critic' });
  const wrong = { model_id: critic.id, path: `tinker://${id}/weights/one`, seq_id: 1 };
  expect(await server.result(await server.post('load_weights', wrong))).toMatchObject({
    error: expect.stringContaining('is a policy of rank 0, which this model is not'),
  });
  expect((await server.request('DELETE', `training_runs/${id}/checkpoints/weights/one`)).status).toBe(200);
  expect((await server.request('DELETE', `training_runs/${id}/checkpoints/weights/one`)).status).toBe(404);
  expect(await list()).toHaveLength(1);
  expect(readdirSync(join(folder, id, 'weights'))).toEqual([]);
});

it.each(['../x', 'a/b', '', 'x'.repeat(256), 'a.b'])('refuses %j as the name of a checkpoint', async (path) => {
  const folder = temporaryFolder();
  const server = await start(inFolder(folder));
  const { id } = await server.model();
  expect((await server.refusal('save_weights', { model_id: id, path, seq_id: 1 }))[0]).toBe(422);
  const address = { model_id: id, path: `tinker://${id}/weights/${path}`, seq_id: 2 };
  expect((await server.refusal('load_weights', address))[0]).toBe(400);
  expect(readdirSync(folder)).toEqual([]);
});
