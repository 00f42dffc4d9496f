import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  decodeForwardBackwardRequest,
  encodeForwardBackwardOutput,
  encodeSampleOutput,
  protobufType,
} from '../../core/tinker/protobuf.js';
import { NumberModel, sampled } from './tinker-model.js';

export interface FakeServerOptions {
  /** Milliseconds that every request takes once it was taken. */
  readonly workMs?: number;
  /** Milliseconds that a poll is held. */
  readonly holdMs?: number;
  /** What must be in `x-api-key`. */
  readonly key?: string;
  /** `skyrl` answers 408 and 400, `hosted` 200 with `try_again` and `error`. */
  readonly style?: 'skyrl' | 'hosted';
}

interface Pending {
  readonly type: string;
  /** Absent until it is there. */
  result?: { readonly status: number; readonly body: Uint8Array | object };
}

/** What a request is answered with. */
class Answer extends Error {
  constructor(
    readonly status: number,
    readonly body: Uint8Array | object,
  ) {
    super(JSON.stringify(body));
  }
}

const refusal = (status: number, detail: unknown): Answer => new Answer(status, { detail });

/**
 * A small server of the Tinker API with the habits and traps of SkyRL 0.4: what is repeated with its sequence number is
 * done once, except saving (409), loading (400) and sampling (done again); empty data never gets a result; work is done
 * in the order of arrival; a restart keeps sessions, results and checkpoints, but no models.
 */
export class FakeTinkerServer {
  readonly models = new Map<string, NumberModel>();
  readonly checkpoints = new Map<string, { readonly number: number; readonly steps: number }>();
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  /** The most requests with data that waited for results at once. */
  mostPending = 0;
  /** The most polls that were open at once. */
  mostPolls = 0;
  heartbeats = 0;
  private readonly futures = new Map<string, Pending>();
  private readonly sequences = new Map<string, { readonly body: string; readonly requestId: string }>();
  private readonly known = new Set<string>();
  private readonly sessions = new Set<string>();
  private readonly samplers = new Map<string, number>();
  private work = Promise.resolve();
  private ids = 0;
  private polls = 0;
  private readonly server = createServer((request, response) => void this.respond(request, response));

  private constructor(private readonly options: FakeServerOptions) {}

  static async start(options: FakeServerOptions = {}): Promise<FakeTinkerServer> {
    const fake = new FakeTinkerServer(options);
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** As after a crash of the engine: models are gone, and so is what was not finished. */
  restart(): void {
    this.models.clear();
    for (const [id, { result }] of this.futures) if (result === undefined) this.futures.delete(id);
  }

  /** No work is done until what this gives is called. */
  hold(): () => void {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    this.work = this.work.then(() => held);
    return release;
  }

  forgetSessions(): void {
    this.sessions.clear();
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.answer(request).catch((error: unknown) => {
      if (error instanceof Answer) return error;
      return refusal(500, String(error));
    });
    const isBinary = body instanceof Uint8Array;
    response.writeHead(status, { 'content-type': isBinary ? protobufType : 'application/json' });
    response.end(status === 204 ? undefined : isBinary ? body : JSON.stringify(body));
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const path = /^\/api\/v1\/(.*)$/.exec(request.url ?? '')?.[1] ?? '';
    if (path !== 'session_heartbeat') {
      this.asked.push(path);
      this.headers.push(request.headers);
    }
    if (this.options.key !== undefined && request.headers['x-api-key'] !== this.options.key)
      throw refusal(401, 'Invalid API key');
    if (path === 'forward_backward') return this.forwardBackward(bytes);
    if (request.method === 'DELETE') return this.deleteCheckpoint(path);
    const body = bytes.length === 0 ? {} : (JSON.parse(bytes.toString()) as Record<string, never>);
    return this.json(path, body);
  }

  private json(path: string, body: Record<string, never>): Answer | Promise<Answer> {
    switch (path) {
      case 'get_server_capabilities':
        return new Answer(200, { supported_models: [{ model_name: 'base' }] });
      case 'create_session':
        return new Answer(200, { session_id: this.created(this.sessions, 'session') });
      case 'session_heartbeat':
        this.heartbeats++;
        if (!this.sessions.has(body['session_id'] ?? '')) throw refusal(404, 'Session not found');
        return new Answer(200, { type: path });
      case 'create_model':
        return this.createModel(body);
      case 'optim_step':
        return this.once(path, body, (model) => ({
          metrics: model.step((body['adam_params'] as unknown as { learning_rate: number }).learning_rate),
        }));
      case 'save_weights':
        return this.saveWeights(body);
      case 'save_weights_for_sampler':
        return this.saveWeightsForSampler(body);
      case 'load_weights':
        return this.loadWeights(body);
      case 'weights_info':
        if (!this.checkpoints.has(body['tinker_path'] ?? '')) throw refusal(404, 'Checkpoint not found');
        return new Answer(200, { base_model: 'base', is_lora: false, lora_rank: 0 });
      case 'unload_model':
        return this.once(path, { ...body, seq_id: undefined as never }, (_, id) => {
          this.models.delete(id);
          return { model_id: id, status: 'unloaded' };
        });
      case 'asample':
        return this.sample(body);
      case 'retrieve_future':
        return this.retrieve(String(body['request_id']));
      default:
        throw refusal(404, 'Not Found');
    }
  }

  private createModel(body: Record<string, never>): Answer {
    if (!this.sessions.has(body['session_id'] ?? '')) throw refusal(404, 'Session not found');
    const id = this.created(this.known, 'model');
    this.models.set(id, new NumberModel(0));
    return new Answer(200, { model_id: id, ...this.taken('create_model', () => ({ model_id: id })) });
  }

  private forwardBackward(bytes: Uint8Array): Answer {
    const { modelId, seqId, data, isForwardOnly } = decodeForwardBackwardRequest(bytes);
    const body = { model_id: modelId, seq_id: seqId, bytes: Buffer.from(bytes).toString('base64') } as never;
    if (data.length === 0) return new Answer(200, this.taken('forward_backward'));
    return this.once('forward_backward', body, (model) => encodeForwardBackwardOutput(model.pass(data, isForwardOnly)));
  }

  private saveWeights(body: Record<string, never>): Answer {
    const path = `tinker://${body['model_id']}/weights/${body['path']}`;
    const model = this.modelOf(body);
    if (this.checkpoints.has(path)) throw refusal(409, `Checkpoint '${body['path']}' already exists`);
    this.checkpoints.set(path, { number: model.number, steps: model.steps });
    return new Answer(
      200,
      this.taken('save_weights', () => ({ path, type: 'save_weights' })),
    );
  }

  private saveWeightsForSampler(body: Record<string, never>): Answer {
    const model = this.modelOf(body);
    const name = `${body['model_id']}/ss${body['sampling_session_seq_id']}_seq${body['seq_id']}`;
    if (this.known.has(name)) throw refusal(409, `Checkpoint '${name}' already exists`);
    this.known.add(name);
    const sampling_session_id = `sampling_${++this.ids}`;
    this.samplers.set(sampling_session_id, model.number);
    return new Answer(
      200,
      this.taken('save_weights_for_sampler', () => ({ path: null, sampling_session_id })),
    );
  }

  private loadWeights(body: Record<string, never>): Answer {
    const model = this.modelOf(body);
    const isFirst = ![...this.sequences.keys()].some((key) => key.startsWith(`${body['model_id']}:`));
    if (!isFirst || this.known.has(`${body['model_id']}/loaded`))
      throw refusal(400, `LoadWeights is not permitted with seq_id ${body['seq_id']}`);
    const saved = this.checkpoints.get(body['path'] ?? '');
    if (saved === undefined) throw refusal(404, 'Checkpoint not found');
    this.known.add(`${body['model_id']}/loaded`);
    [model.number, model.steps] = [saved.number, body['optimizer'] ? saved.steps : 0];
    return new Answer(
      200,
      this.taken('load_weights', () => ({ type: 'load_weights' })),
    );
  }

  private deleteCheckpoint(path: string): Answer {
    const [, model, name] = /^training_runs\/(\w+)\/checkpoints\/(.+)$/.exec(path) ?? [];
    if (!this.checkpoints.delete(`tinker://${model}/${name}`)) throw refusal(404, 'Checkpoint not found');
    return new Answer(204, {});
  }

  private sample(body: Record<string, never>): Answer {
    const number = this.samplers.get(body['sampling_session_id'] ?? '');
    if (number === undefined) throw refusal(404, 'Sampling session not found');
    const {
      num_samples: count,
      prompt,
      sampling_params,
    } = body as unknown as {
      num_samples: number;
      prompt: { chunks: { tokens: number[] }[] };
      sampling_params: { max_tokens: number };
    };
    const tokens = prompt.chunks.flatMap((chunk) => chunk.tokens);
    return new Answer(
      200,
      this.taken('asample', () => encodeSampleOutput(sampled(number, tokens, count, sampling_params.max_tokens))),
    );
  }

  /** What a model does in its turn, once for every sequence number. */
  private once(
    type: string,
    body: Record<string, never>,
    act: (model: NumberModel, id: string) => Uint8Array | object,
  ): Answer {
    const id: string = body['model_id'] ?? '';
    if (!this.known.has(id)) throw refusal(404, 'Model not found');
    const key = `${id}:${body['seq_id']}`;
    const text = type + JSON.stringify(body);
    const before = body['seq_id'] === undefined ? undefined : this.sequences.get(key);
    if (before !== undefined && before.body !== text) throw refusal(409, 'Training request sequence number was reused');
    if (before !== undefined) return new Answer(200, { request_id: before.requestId, future_id: before.requestId });
    const answer = this.taken(type, () => {
      const model = this.models.get(id);
      if (model === undefined) throw refusal(400, `Model ${id} not loaded (likely stale request)`);
      return act(model, id);
    });
    if (body['seq_id'] !== undefined) this.sequences.set(key, { body: text, requestId: answer.request_id });
    return new Answer(200, answer);
  }

  /** Does the work after all that came before; without work there is never a result. */
  private taken(type: string, act?: () => Uint8Array | object): { request_id: string; future_id: string } {
    const id = String(++this.ids);
    const pending: Pending = { type };
    this.futures.set(id, pending);
    const waiting = [...this.futures.values()].filter((one) => one.type === type && one.result === undefined).length;
    this.mostPending = Math.max(this.mostPending, waiting);
    if (act !== undefined)
      this.work = this.work.then(async () => {
        await new Promise((resolve) => setTimeout(resolve, this.options.workMs ?? 0));
        if (!this.futures.has(id)) return;
        try {
          pending.result = { status: 200, body: act() };
        } catch (error) {
          pending.result = error instanceof Answer ? error : refusal(500, String(error));
        }
      });
    return { request_id: id, future_id: id };
  }

  private async retrieve(id: string): Promise<Answer> {
    this.mostPolls = Math.max(this.mostPolls, ++this.polls);
    return this.resultOf(id).finally(() => this.polls--);
  }

  private async resultOf(id: string): Promise<Answer> {
    const isHosted = this.options.style === 'hosted';
    const end = performance.now() + (this.options.holdMs ?? 50);
    for (;;) {
      const pending = this.futures.get(id);
      if (pending === undefined) throw refusal(404, 'Future not found');
      const { result } = pending;
      if (result !== undefined && result.status >= 400 && isHosted)
        return new Answer(200, { error: (result.body as { detail: string }).detail, category: 'user' });
      if (result !== undefined) return new Answer(result.status, result.body);
      if (performance.now() > end)
        return isHosted
          ? new Answer(200, { type: 'try_again', request_id: id, queue_state: 'active' })
          : refusal(408, 'Timeout waiting for result');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  private modelOf(body: Record<string, never>): NumberModel {
    const model = this.models.get(body['model_id'] ?? '');
    if (model === undefined) throw refusal(404, 'Model not found');
    return model;
  }

  private created(into: Set<string>, kind: string): string {
    const id = `${kind}_${++this.ids}`;
    into.add(id);
    return id;
  }
}
