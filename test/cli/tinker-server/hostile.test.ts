import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeForwardBackwardRequest, protobufType, type Datum } from '../../../core/tinker/protobuf.js';
import { replyOf, start } from './support.js';

afterEach(() => {
  vi.useRealTimers();
});

const datum = (changes: Readonly<Record<string, Float32Array | Int32Array | undefined>> = {}, tokens = [1, 2, 3]) => ({
  tokens: Int32Array.from(tokens),
  inputs: { target_tokens: Int32Array.of(2, 3, 4), ...changes } as Datum['inputs'],
});
const floats = (...values: number[]): Float32Array => Float32Array.from(values);

describe('a gradient that cannot be computed is refused', () => {
  it.each([
    ['cross_entropy', {}, [], 'data is empty'],
    ['cross_entropy', {}, [datum({ target_tokens: Int32Array.of(2, 3, 23) })], 'token 23 is not in the vocabulary'],
    ['cross_entropy', {}, [datum({}, [1, -2, 3])], 'token -2 is not in the vocabulary'],
    ['cross_entropy', {}, [datum({}, [1])], '3 target_tokens do not fit an input of 1 tokens'],
    ['cross_entropy', {}, [datum({ target_tokens: Int32Array.of() })], '0 target_tokens'],
    ['cross_entropy', {}, [datum({ target_tokens: undefined! })], 'it needs target_tokens'],
    ['cross_entropy', {}, [datum({ target_tokens: floats(2, 3, 4) })], 'it needs target_tokens'],
    ['cross_entropy', {}, [datum({ target_tokens: Int32Array.of(5, 3, 4) })], 'target_tokens[0] is not the token'],
    ['cross_entropy', {}, [datum({}, Array<number>(160).fill(1))], '161 tokens are more than the 160'],
    ['cross_entropy', {}, [datum({ weights: floats(1, 1) })], 'weights has 2 numbers, target_tokens has 3'],
    ['cross_entropy', {}, [datum(), datum({ weights: floats(1, NaN, 1) })], 'datum 1: weights[1] is NaN'],
    ['cross_entropy', { clip: 1 }, [datum()], 'loss_fn_config.clip'],
    ['cross_entropy', { temperature: 0 }, [datum()], 'temperature must be above 0'],
    ['cross_entropy', { temperature: Infinity }, [datum()], 'cannot be Infinity'],
    ['ppo', {}, [datum({ logprobs: floats(0, 0, 0) })], 'advantages has no numbers'],
    [
      'ppo',
      { clip_low_threshold: 1.5 },
      [datum({ logprobs: floats(0, 0, 0), advantages: floats(1, 1, 1) })],
      'do not enclose the ratio 1',
    ],
    ['ppo_critic', {}, [datum()], 'the loss ppo_critic is for a critic'],
    ['toString', {}, [datum()], 'loss_fn toString is not one of'],
  ])('%s %j', async (lossFn, lossFnConfig, data, message) => {
    const server = await start();
    const { id } = await server.model();
    // Undefined stands for an input that is not there.
    const sent = data.map(({ tokens, inputs }) => ({
      tokens,
      inputs: Object.fromEntries(Object.entries(inputs).filter(([, array]) => (array as unknown) !== undefined)),
    }));
    const response = await server.pass(id, 1, sent, { lossFn, lossFnConfig });
    expect([400, 422]).toContain(response.status);
    expect(((await response.json()) as { detail: string }).detail).toContain(message);
    // Those behind it do not wait for it.
    await server.output(await replyOf(server.pass(id, 2, [datum()])));
    expect(server.logged).toEqual([]);
  });

  it('a number too large spoils the step that it belongs to, and no other model', async () => {
    const server = await start();
    const [one, other] = [await server.model(), await server.model()];
    await replyOf(server.pass(one.id, 1, [datum()]));
    const bad = await replyOf(server.pass(one.id, 2, [datum({ weights: floats(3e38, 3e38, 3e38) })]));
    expect(await server.result(bad)).toMatchObject({ code: 'ORZ_NOT_FINITE', category: 'user' });
    await replyOf(server.pass(one.id, 3, [datum()]));
    const step = async (model_id: string, seq_id: number) =>
      server.result(await server.post('optim_step', { model_id, seq_id, adam_params: {} }));
    expect(await step(one.id, 4)).toMatchObject({ error: expect.stringContaining('no step was taken') });
    expect(await step(one.id, 5)).toMatchObject({ error: expect.stringContaining('without a forward_backward') });
    await replyOf(server.pass(one.id, 6, [datum()]));
    await replyOf(server.pass(other.id, 1, [datum()]));
    const expected = await step(other.id, 2);
    expect(expected).toHaveProperty('metrics');
    expect(await step(one.id, 7)).toEqual(expected);
  });

  it('a request that never comes is given up, and the step fails that it may belong to', async () => {
    const server = await start();
    const { id } = await server.model();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const late = await replyOf(server.pass(id, 2, [datum()]));
    const step = await server.post('optim_step', { model_id: id, seq_id: 3, adam_params: {} });
    vi.advanceTimersByTime(61_000);
    vi.useRealTimers();
    expect(await server.result(step)).toMatchObject({ error: expect.stringContaining('request 1 never came') });
    await server.output(late);
    expect((await server.pass(id, 1, [datum()])).status).toBe(400);
  });
});

describe('a request that is wrong', () => {
  it.each<readonly [method: string, path: string, body: unknown, answer: readonly [status: number, message: string]]>([
    ['POST', 'create_model', {}, [422, 'session_id']],
    ['POST', 'create_model', { session_id: 'session_x', base_model: 'example' }, [404, 'no session']],
    ['POST', 'optim_step', { model_id: 'model_x', adam_params: {} }, [404, 'no model']],
    ['POST', 'optim_step', { model_id: 'model_x', optimizer_params: { type: 'dimuon' } }, [422, 'adam_params']],
    ['POST', 'optim_step', { model_id: 'model_x', adam_params: { learning_rate: -1 } }, [422, 'learning_rate']],
    ['POST', 'session_heartbeat', { session_id: '__proto__' }, [404, 'no session']],
    ['POST', 'retrieve_future', { request_id: '1' }, [404, 'no request 1']],
    ['POST', 'retrieve_future', { request_id: 'x'.repeat(50) }, [404, 'no request']],
    ['POST', 'forward_backward', { model_id: 'm', forward_backward_input: 1 }, [422, 'forward_backward_input']],
    ['POST', 'weights_info', { tinker_path: 'tinker://../../etc/passwd' }, [400, 'no address']],
    ['POST', 'nothing', {}, [404, 'there is no']],
    ['POST', 'constructor', {}, [404, 'there is no']],
    ['GET', 'training_runs/a.b/checkpoints', undefined, [404, 'no such training run']],
    ['GET', 'asample', undefined, [405, 'knows only POST']],
    ['DELETE', 'training_runs/m/checkpoints/weights/a%2Fb', undefined, [400, 'no address']],
    ['DELETE', 'training_runs/m/checkpoints/weights/a', undefined, [404, 'there is no checkpoint']],
  ])('%s %s %j is answered with %j', async (method, path, body, [status, message]) => {
    const server = await start();
    const response = await server.request(method, path, body);
    const text = await response.text();
    expect([response.status, text]).toEqual([status, expect.stringContaining(message)]);
    expect(JSON.parse(text)).toHaveProperty('detail');
    expect(server.logged).toEqual([]);
  });

  it('bytes that are no protobuf, no JSON, compressed or too many are refused', async () => {
    const server = await start({}, { maxBodyBytes: 1000 });
    const post = async (body: Uint8Array, headers: Record<string, string>) =>
      (await server.request('POST', 'forward_backward', body, headers)).status;
    const proto = { 'content-type': protobufType };
    expect(await post(Uint8Array.of(255, 255, 255), proto)).toBe(400);
    expect(await post(Uint8Array.of(123, 255), {})).toBe(400);
    expect(await post(new Uint8Array(1001), proto)).toBe(413);
    expect(await post(Uint8Array.of(40, 181, 47, 253), { ...proto, 'content-encoding': 'zstd' })).toBe(415);
    expect((await server.request('GET', 'healthz')).status).toBe(200);
  });

  it('a page of another site, another host and a missing key are refused', async () => {
    const key = 'tml-0123456789abcdef';
    const server = await start({ key });
    const get = (headers: Record<string, string>, path = 'get_server_capabilities'): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        httpRequest(`${server.url}api/v1/${path}`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    expect(await get({}, 'healthz')).toBe(200);
    expect(await get({})).toBe(401);
    expect(await get({ 'x-api-key': `${key}x` })).toBe(401);
    expect(await get({ 'x-api-key': key })).toBe(200);
    expect(await get({ authorization: `Bearer ${key}` })).toBe(200);
    expect(await get({ 'x-api-key': key, host: 'evil.example' })).toBe(403);
    expect(await get({ 'x-api-key': key, origin: 'http://evil.example' })).toBe(403);
  });

  it('a client that goes in the middle of a body disturbs nobody', async () => {
    const server = await start({}, { maxRequests: 1 });
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    const head = `POST /api/v1/create_session HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{`;
    await new Promise((resolve) => socket.write(head, resolve));
    await expect.poll(async () => (await server.request('POST', 'telemetry', {})).status).toBe(429);
    socket.destroy();
    await expect.poll(async () => (await server.request('POST', 'telemetry', {})).status).toBe(200);
  });
});

describe('what clients take is bounded', () => {
  it('models by memory, requests that wait by size, samples by number', async () => {
    const server = await start({}, { memoryBytes: 150_000, maxWaitingBytes: 2000, maxWaitingSamples: 3 });
    const { session, id } = await server.model();
    const second = { session_id: session, model_seq_id: 1, base_model: 'example' };
    expect(await server.refusal('create_model', second)).toEqual([400, expect.stringContaining('unload one first')]);
    const many = Array.from({ length: 10 }, () => datum());
    expect((await server.pass(id, 1, many)).status).toBe(429);
    await server.output(await replyOf(server.pass(id, 1, [datum()])));
    const sample = {
      base_model: 'example',
      num_samples: 4,
      prompt: { chunks: [{ tokens: [1] }] },
      sampling_params: {},
    };
    expect((await server.refusal('asample', sample))[0]).toBe(429);
    const unloaded = await server.result(await server.post('unload_model', { model_id: id }));
    expect(unloaded).toMatchObject({ status: 'unloaded' });
    await server.result(await server.post('create_model', second));
  });

  it('the models of a session that has ended are gone, with what waited for them', async () => {
    const server = await start();
    const { session, id } = await server.model();
    const waiting = await replyOf(server.pass(id, 2, [datum()]));
    await server.post(`sessions/${session}/finish`, {});
    expect(await server.result(waiting)).toMatchObject({ error: expect.stringContaining('is not loaded') });
    expect((await server.pass(id, 1, [datum()])).status).toBe(404);
    expect((await server.refusal('session_heartbeat', { session_id: session }))[0]).toBe(404);
  });

  it('a session without heartbeat expires, one with heartbeat does not', async () => {
    const server = await start({}, { sessionTimeoutMs: 500 });
    const [silent, alive] = [await server.model(), await server.model()];
    await expect
      .poll(
        async () => {
          await server.post('session_heartbeat', { session_id: alive.session });
          return server.logged.join();
        },
        { timeout: 10_000 },
      )
      .toContain(silent.session);
    expect((await server.refusal('get_info', { model_id: silent.id }))[0]).toBe(404);
    await server.post('get_info', { model_id: alive.id });
  });

  it('a request of another session with the number of a model makes a model of its own', async () => {
    const server = await start();
    const [one, other] = [await server.model(), await server.model()];
    expect(one.id).not.toBe(other.id);
    const again = { session_id: one.session, base_model: 'example', model_seq_id: 0, lora_config: { rank: 0 } };
    expect(await server.post('create_model', again)).toMatchObject({ model_id: one.id });
    expect((await server.refusal('create_model', { ...again, lora_config: { rank: 2 } }))[0]).toBe(409);
  });
});

it('a body whose fields come in another order is the same request', async () => {
  const server = await start();
  const { id: modelId } = await server.model();
  const request = { modelId, seqId: 1, lossFn: 'cross_entropy', lossFnConfig: {}, isForwardOnly: false };
  const weights = floats(1, 1, 1);
  const { target_tokens } = datum().inputs;
  const send = (inputs: object) =>
    replyOf(
      server.request(
        'POST',
        'forward_backward',
        encodeForwardBackwardRequest({
          ...request,
          data: [{ tokens: datum().tokens, inputs: inputs as Datum['inputs'] }],
        }),
        { 'content-type': protobufType },
      ),
    );
  expect(await send({ weights, target_tokens })).toEqual(await send({ target_tokens, weights }));
});
