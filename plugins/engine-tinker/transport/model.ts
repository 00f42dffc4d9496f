import type { Datum, ForwardBackwardOutput } from '../../../core/tinker/protobuf.js';
import {
  optimStepReply,
  readReply,
  saveWeightsForSamplerReply,
  saveWeightsReply,
} from '../../../core/tinker/replies.js';
import type { modelRoles, optimStepRequest, RequestBody } from '../../../core/tinker/requests.js';
import { checkpointInfo, checkpointPath } from './checkpoints.js';
import type { Call } from './connection.js';
import { passData, type PassOptions, type PassResult } from './data-pass.js';
import { gradientUnknown, isStateLost, unreadable } from './errors.js';
import { jsonResult, requestIdOf, sendTimed } from './futures.js';
import { refusalOf } from './refusal.js';
import { detailOf, type Reply } from './reply.js';
import { RemoteSampler } from './sampler.js';
import type { SessionLink } from './session-link.js';
import { withSignal } from './signals.js';

export type RemoteRole = (typeof modelRoles)[number];

export type AdamParams = RequestBody<typeof optimStepRequest>['adam_params'];

/** Options of every call. */
export interface RemoteCallOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * One model at the server. Its requests have one count, from 1, so that the server knows a repeated one. Calls must
 * follow one after another. Every call throws ORZ_SERVER, ORZ_SERVER_UNREACHABLE, ORZ_SERVER_STATE, or the reason of
 * its signal.
 */
export class RemoteModel {
  private requests = 0;
  /** Whether a call added to the gradient and failed: nobody knows what it added, and nothing clears it. */
  private isGradientUnknown = false;
  private readonly saved = new Set<string>();

  constructor(
    private readonly link: SessionLink,
    readonly id: string,
    readonly role: RemoteRole,
  ) {}

  /** Requests that were sent so far. */
  get requestCount(): number {
    return this.requests;
  }

  /** Scores of data, in their order. */
  async forward(
    data: Iterable<Datum>,
    options: PassOptions,
  ): Promise<PassResult & { readonly outputs: ForwardBackwardOutput['outputs'] }> {
    const outputs: ForwardBackwardOutput['outputs'][number][] = [];
    const result = await passData(this.link, this.head(true), data, {
      ...options,
      onOutputs: (start, part) => {
        part.forEach((output, i) => {
          outputs[start + i] = output;
        });
        options.onOutputs?.(start, part);
      },
    });
    return { ...result, outputs };
  }

  /**
   * Adds to the gradient. One loss with one configuration only until the next {@link optimStep}. After a failure this
   * model takes no more steps.
   */
  async forwardBackward(data: Iterable<Datum>, options: PassOptions): Promise<PassResult> {
    const head = this.head(false);
    const result = await passData(
      this.link,
      {
        ...head,
        nextSeq: () => {
          this.isGradientUnknown = true;
          return head.nextSeq();
        },
      },
      data,
      options,
    );
    this.isGradientUnknown = false;
    return result;
  }

  /**
   * A step with the gradient, and what the server measured: `null` for a number that was not finite. Throws
   * ORZ_SERVER_STATE if a part of the gradient may be missing or counted twice.
   */
  async optimStep(
    adam: AdamParams,
    { signal }: RemoteCallOptions = {},
  ): Promise<Readonly<Record<string, number | null>>> {
    if (this.isGradientUnknown) throw gradientUnknown(this.link.connection.asked({ what: this.describe('the step') }));
    this.isGradientUnknown = true;
    const body = { model_id: this.id, seq_id: this.nextSeq(), adam_params: adam, type: 'optim_step' };
    const value = await this.result({ path: 'optim_step', phase: 'step', body, signal });
    this.isGradientUnknown = false;
    return readReply('optim_step', optimStepReply, value).metrics ?? {};
  }

  /**
   * Saves weights and moments under a name that this model has not used, and gives their path. SkyRL answers a repeated
   * request with 409; the name being ours alone, that is a success as soon as the checkpoint is complete.
   */
  async saveWeights(name: string, { signal }: RemoteCallOptions = {}): Promise<string> {
    const isNew = !this.saved.has(name);
    this.saved.add(name);
    const body = { model_id: this.id, path: name, seq_id: this.nextSeq(), type: 'save_weights' };
    const value = await this.result({ path: 'save_weights', phase: 'save', body, signal }, async (reply, call) => {
      if (reply.status !== 409 || !isNew || isSequenceReused(reply)) return undefined;
      const path = checkpointPath(this.id, name);
      await checkpointInfo(this.link.connection, path, call);
      return { path };
    });
    return readReply('save_weights', saveWeightsReply, value).path;
  }

  /**
   * Loads a checkpoint, moments and step count included if asked; must be this model's first request. `again` means
   * that the server took the request, but its answer was lost: then only another model can be loaded with certainty.
   */
  async loadWeights(
    path: string,
    { withOptimizer, signal }: RemoteCallOptions & { readonly withOptimizer: boolean },
  ): Promise<'loaded' | 'again'> {
    const isFirst = this.requests === 0;
    const body = { model_id: this.id, path, optimizer: withOptimizer, seq_id: this.nextSeq(), type: 'load_weights' };
    const value = await this.result({ path: 'load_weights', phase: 'load', body, signal }, async (reply) =>
      reply.status === 400 && isFirst && /not permitted/i.test(detailOf(reply)) ? 'again' : undefined,
    );
    return value === 'again' ? 'again' : 'loaded';
  }

  /**
   * Hands the weights to the server's sampler. A repeated request is answered with 409 by SkyRL, and the sampler is
   * lost with the first answer; then the same weights are handed over under another name.
   */
  async saveWeightsForSampler({ signal }: RemoteCallOptions = {}): Promise<RemoteSampler> {
    const path = 'save_weights_for_sampler';
    for (let attempt = 1; ; attempt++) {
      const sampler = this.link.nextSampler();
      const body = { model_id: this.id, seq_id: this.nextSeq(), sampling_session_seq_id: sampler, type: path };
      const value = await this.result({ path, phase: 'sync', body, signal }, async (reply) =>
        reply.status === 409 && attempt < maxSyncs && !isSequenceReused(reply) ? 'again' : undefined,
      );
      if (value === 'again') continue;
      const { sampling_session_id: id } = readReply(path, saveWeightsForSamplerReply, value);
      if (typeof id === 'string') return new RemoteSampler(this.link, id);
      throw unreadable(this.link.connection.asked({ what: this.describe(path) }), 'it names no sampling session');
    }
  }

  /** Takes the model from the server; that it is gone already is no error. */
  async unload({ signal }: RemoteCallOptions = {}): Promise<void> {
    try {
      await this.result({
        path: 'unload_model',
        phase: 'unload',
        body: { model_id: this.id, type: 'unload_model' },
        signal,
      });
    } catch (error) {
      if (!isStateLost(error)) throw error;
    }
  }

  private head(isForwardOnly: boolean) {
    const phase = `${this.role}.${isForwardOnly ? 'forward' : 'accumulate'}`;
    return { modelId: this.id, isForwardOnly, phase, nextSeq: () => this.nextSeq() };
  }

  /** Sends a request and waits for its result; `instead` may make a result of an answer that is no acceptance. */
  private result(
    { path, phase, body, signal: own }: Pick<Call, 'path' | 'phase' | 'signal'> & { readonly body: object },
    instead: (reply: Reply, call: Call) => Promise<unknown> = async () => undefined,
  ): Promise<unknown> {
    const { connection, lost } = this.link;
    return withSignal([lost, own], async (signal) => {
      const call: Call = { path, what: this.describe(path), phase: `${this.role}.${phase}`, body, signal };
      const reply = await sendTimed(connection, call);
      if (reply.status >= 400) {
        const result = await instead(reply, call);
        if (result === undefined) throw refusalOf(connection.asked(call), reply);
        return result;
      }
      return jsonResult(connection, { ...call, requestId: requestIdOf(connection, call, reply) });
    });
  }

  private nextSeq(): number {
    return ++this.requests;
  }

  private describe(path: string): string {
    return `${path} of ${this.id} (request ${this.requests})`;
  }
}

/** Names tried for one synchronisation. */
const maxSyncs = 5;

const isSequenceReused = (reply: Reply): boolean => /sequence number/i.test(detailOf(reply));
