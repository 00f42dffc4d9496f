import { createModelReply, readReply, sessionReply } from '../../../core/tinker/replies.js';
import type { createModelRequest, createSessionRequest, RequestBody } from '../../../core/tinker/requests.js';
import type { TinkerConnection } from './connection.js';
import { answersLost, sessionEnded, unreachable } from './errors.js';
import { jsonResult, requestIdOf, sendTimed } from './futures.js';
import { Gate } from './gate.js';
import { Heartbeat, type Beat } from './heartbeat.js';
import { defaultLimits, type TransportLimits } from './limits.js';
import { RemoteModel } from './model.js';
import { jsonOf } from './reply.js';
import type { SessionLink } from './session-link.js';
import { withSignal } from './signals.js';

export interface ModelRequest {
  readonly baseModel: string;
  readonly role: 'policy' | 'critic' | 'reference';
  /** Of the LoRA adapters; 0 trains all parameters. */
  readonly rank: number;
  /** For the initialisation. */
  readonly seed: number;
  /** Starts from a checkpoint, with moments and step count if asked. */
  readonly checkpoint?: { readonly path: string; readonly withOptimizer: boolean };
  readonly signal?: AbortSignal | undefined;
}

/** Models tried for one checkpoint. */
const maxLoads = 5;

/**
 * One session at a server. Heartbeats keep it alive until it is closed. When the server ends it, or answers no
 * heartbeats for as long as the connection is patient, every call of its models and samplers fails with
 * {@link lost}'s reason.
 */
export class TinkerSession implements SessionLink {
  readonly lost: AbortSignal;
  readonly limits: TransportLimits;
  readonly gate: Gate;
  private readonly losing = new AbortController();
  private readonly heartbeat: Heartbeat;
  private lastBeat = performance.now();
  private models = 0;
  private samplers = 0;

  private constructor(
    readonly connection: TinkerConnection,
    readonly id: string,
    limits: Partial<TransportLimits>,
  ) {
    this.lost = this.losing.signal;
    this.limits = { ...defaultLimits, ...limits };
    const { maxRequestsInFlight: maxRequests, maxBytesInFlight: maxBytes } = this.limits;
    this.gate = new Gate({ maxRequests, maxBytes });
    const { heartbeatMs, patienceMs } = connection.times;
    this.heartbeat = new Heartbeat(
      {
        url: connection.addressOf('session_heartbeat'),
        headers: { ...connection.headers, 'content-type': 'application/json' },
        body: JSON.stringify({ session_id: id, type: 'session_heartbeat' }),
        intervalMs: heartbeatMs,
        limitMs: Math.max(heartbeatMs, 30_000),
        patienceMs,
      },
      (beat) => {
        this.hear(beat);
      },
    );
  }

  static async open(
    connection: TinkerConnection,
    { limits = {}, signal }: { readonly limits?: Partial<TransportLimits>; readonly signal?: AbortSignal } = {},
  ): Promise<TinkerSession> {
    const path = 'create_session';
    const body: RequestBody<typeof createSessionRequest> & { type: string } = {
      tags: [],
      user_metadata: {},
      sdk_version: 'open-reasoner-zero',
      type: path,
    };
    const call = { path, what: 'a new session', phase: 'setup', body, signal };
    const { session_id } = readReply(path, sessionReply, await connection.json(call));
    return new TinkerSession(connection, session_id, limits);
  }

  /** Seconds since the server last answered a heartbeat, or since the beginning. */
  get secondsSinceHeartbeat(): number {
    return (performance.now() - this.lastBeat) / 1000;
  }

  nextSampler(): number {
    return ++this.samplers;
  }

  /**
   * A fresh model, ready for use. The reply to loading a checkpoint may get lost, and loading must be a model's first
   * request: then it is tried with another model.
   */
  async createModel(request: ModelRequest): Promise<RemoteModel> {
    const { checkpoint, signal } = request;
    for (let attempt = 1; ; attempt++) {
      const model = await this.createEmpty(request);
      if (checkpoint === undefined) return model;
      if ((await model.loadWeights(checkpoint.path, { ...checkpoint, signal })) === 'loaded') return model;
      await model.unload({ signal });
      if (attempt === maxLoads) throw answersLost(this.connection.asked({ what: `loading ${checkpoint.path}` }));
    }
  }

  private createEmpty({ baseModel, role, rank, seed, signal: own }: ModelRequest): Promise<RemoteModel> {
    const path = 'create_model';
    const body: RequestBody<typeof createModelRequest> & { type: string } = {
      session_id: this.id,
      model_seq_id: this.models++,
      base_model: baseModel,
      lora_config: { rank, seed, train_mlp: true, train_attn: true, train_unembed: true },
      // A server without the extension of SkyRL may refuse a field that it does not know.
      ...(role !== 'policy' && { model_role: role }),
      type: path,
    };
    return withSignal([this.lost, own], async (signal) => {
      const call = { path, what: `a new ${role}`, phase: `${role}.setup`, body, signal };
      const reply = await sendTimed(this.connection, call);
      const requestId = requestIdOf(this.connection, call, reply);
      const { model_id } = readReply(path, createModelReply, jsonOf(this.connection.asked(call), reply));
      await jsonResult(this.connection, { ...call, requestId });
      return new RemoteModel(this, model_id, role);
    });
  }

  /** Ends the heartbeats; the server ends the session, models included, some time later. */
  close(): Promise<void> {
    return this.heartbeat.stop();
  }

  private hear(beat: Beat): void {
    const { connection, id } = this;
    const asked = connection.asked({ what: `the session ${id}` });
    if (beat.kind === 'alive') this.lastBeat = performance.now();
    else if (beat.kind === 'ended') this.losing.abort(sessionEnded(asked, beat.reason));
    else this.losing.abort(unreachable({ ...asked, what: 'heartbeats' }, beat.seconds, beat.reason));
  }
}
