import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { createFolderStorage } from '../../../cli/platform/storage.js';
import { Checkpoints } from '../../../cli/tinker-server/checkpoints.js';
import { usualLimits, type ServerLimits } from '../../../cli/tinker-server/limits.js';
import { startTinkerServer, type TinkerServerOptions } from '../../../cli/tinker-server/server.js';
import { exampleBase, untiedDecoder } from '../../../core/conformance/example-model.js';
import {
  LocalModels,
  localEngineSettings,
  type LocalModelsRequest,
} from '../../../core/compute/engine/local-engine.js';
import type { BaseModel } from '../../../core/contracts/model-source.js';
import { createRandom } from '../../../core/random.js';
import {
  decodeForwardBackwardOutput,
  decodeSampleOutput,
  encodeForwardBackwardRequest,
  protobufType,
  type Datum,
  type ForwardBackwardOutput,
  type SampleOutput,
} from '../../../core/tinker/protobuf.js';
import { createAdamW } from '../../../plugins/optimizer-adamw/plugin.js';
import { createPpoClip } from '../../../plugins/loss-ppo/plugin.js';
import { createValueLoss } from '../../../plugins/loss-value/plugin.js';
import { ReferenceBackend } from '../../../plugins/backend-reference/backend.js';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Calls this after the test. */
export const onClose = (close: () => Promise<void> | void): void => {
  closing.push(close);
};

export const base: BaseModel = exampleBase(untiedDecoder);
export const engineSettings = localEngineSettings.parse({ microBatchTokens: 96, rowTokens: 16, maxSlots: 8 });
/** Of the example model, unless the request has another. */
export const makeModels = (request: Partial<LocalModelsRequest> = {}): LocalModels => {
  const models = new LocalModels(engineSettings, new ReferenceBackend(), {
    base,
    random: createRandom(5),
    ...request,
    optimizer: createAdamW(),
  });
  onClose(() => models.dispose());
  return models;
};

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'orz-serve-'));
  onClose(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

export interface Started {
  readonly url: string;
  readonly logged: string[];
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** A reply with status 200. */
  post(path: string, body: unknown): Promise<Record<string, unknown>>;
  /** The refusal of a request: status and detail. */
  refusal(path: string, body: unknown): Promise<[status: number, detail: string]>;
  /** The result of a request, from its reply. */
  result(reply: Record<string, unknown>): Promise<Record<string, unknown>>;
  output(reply: Record<string, unknown>): Promise<ForwardBackwardOutput>;
  samples(reply: Record<string, unknown>): Promise<SampleOutput>;
  /** A session with a policy, or another model. */
  model(changes?: object): Promise<{ session: string; id: string }>;
  pass(id: string, seqId: number, data: readonly Datum[], changes?: object): Promise<Response>;
}

/** A server with the example model on the reference backend. */
export async function start(
  options: Partial<TinkerServerOptions> = {},
  limits: Partial<ServerLimits> = {},
): Promise<Started> {
  const logged: string[] = [];
  const server = await startTinkerServer({
    modelName: 'example',
    description: base,
    models: makeModels(),
    losses: {
      ppoClip: (clipEps) => createPpoClip({ clipEps }),
      value: (valueClipEps) => createValueLoss({ valueClipEps }),
    },
    adam: createAdamW,
    checkpoints: new Checkpoints(createFolderStorage(temporaryFolder()), base),
    limits: { ...usualLimits(8e9), ...limits },
    log: (message) => logged.push(message),
    host: '127.0.0.1',
    port: 0,
    ...options,
  });
  onClose(() => server.close());
  return client(server.url, logged);
}

function client(url: string, logged: string[]): Started {
  const request: Started['request'] = (method, path, body, headers = {}) =>
    fetch(`${url}api/v1/${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
    });
  const post: Started['post'] = async (path, body) => {
    const response = await request('POST', path, body);
    const reply = (await response.json()) as Record<string, unknown>;
    expect([response.status, reply['detail']]).toEqual([200, undefined]);
    return reply;
  };
  const retrieve = (reply: Record<string, unknown>) =>
    request('POST', 'retrieve_future', { request_id: reply['request_id'] }, { accept: protobufType });
  const bytes = async (reply: Record<string, unknown>): Promise<Uint8Array> => {
    const response = await retrieve(reply);
    if (response.headers.get('content-type') !== protobufType) throw new Error(await response.text());
    return new Uint8Array(await response.arrayBuffer());
  };
  return {
    url,
    logged,
    request,
    post,
    refusal: async (path, body) => {
      const response = await request('POST', path, body);
      return [response.status, ((await response.json()) as { detail: string }).detail];
    },
    result: async (reply) => (await (await retrieve(reply)).json()) as Record<string, unknown>,
    output: async (reply) => decodeForwardBackwardOutput(await bytes(reply)),
    samples: async (reply) => decodeSampleOutput(await bytes(reply)),
    model: async (changes = {}) => {
      const { session_id: session } = await post('create_session', { tags: [], sdk_version: 'test' });
      const body = {
        session_id: session,
        base_model: 'example',
        model_seq_id: 0,
        lora_config: { rank: 0 },
        ...changes,
      };
      const reply = await post('create_model', body);
      expect(await (await retrieve(reply)).json()).toMatchObject({ type: 'create_model', model_id: reply['model_id'] });
      return { session: session as string, id: reply['model_id'] as string };
    },
    pass: (modelId, seqId, data, changes = {}) =>
      request(
        'POST',
        'forward_backward',
        encodeForwardBackwardRequest({
          modelId,
          seqId,
          data,
          lossFn: 'cross_entropy',
          lossFnConfig: {},
          isForwardOnly: false,
          ...changes,
        }),
        { 'content-type': protobufType },
      ),
  };
}

export const replyOf = async (response: Promise<Response>): Promise<Record<string, unknown>> => {
  const answer = await response;
  const reply = (await answer.json()) as Record<string, unknown>;
  expect([answer.status, reply['detail']]).toEqual([200, undefined]);
  return reply;
};
