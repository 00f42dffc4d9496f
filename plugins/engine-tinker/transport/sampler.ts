import { decodeSampleOutput, type SampleOutput } from '../../../core/tinker/protobuf.js';
import type { RequestBody, sampleRequest } from '../../../core/tinker/requests.js';
import type { Call } from './connection.js';
import { resultsMissing } from './errors.js';
import { protobufResult, submit } from './futures.js';
import { Gate } from './gate.js';
import type { SessionLink } from './session-link.js';
import { withSignal } from './signals.js';

/** One prompt, sampled `count` times. */
export interface RemoteSampleRequest {
  readonly prompt: Int32Array;
  readonly count: number;
  readonly params: RequestBody<typeof sampleRequest>['sampling_params'];
  /** Only for servers with the extension `sample-key`. */
  readonly key?: readonly number[];
}

export interface RemoteSampleOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told the samples of a request as soon as all of them are there. */
  readonly onResult: (request: number, output: SampleOutput) => void;
}

/** Where a request waits before it is sent, while it is sent, and for its result. */
interface Turns {
  readonly waiting: Gate;
  readonly posting: Gate;
  readonly polling: Gate;
  readonly signal: AbortSignal;
}

const phase = 'sampler.sample';
/** Requests that are being posted at once: the database of SkyRL bears no more. */
const maxPosts = 8;
/** Polls that are open at once, each over a connection of its own; a process of Python may have 1,024 in all. */
const maxPolls = 256;

/** One set of weights that the server samples from. */
export class RemoteSampler {
  private requests = 0;

  constructor(
    private readonly link: SessionLink,
    readonly id: string,
  ) {}

  /**
   * Posts all requests as fast as the server takes them, so that it can sample them together, and resolves when all
   * results were handed over. At the first failure nothing more is sent. A repeated request is sampled again and only
   * one result is taken.
   */
  async sample(
    requests: readonly RemoteSampleRequest[],
    { signal: own, onResult }: RemoteSampleOptions,
  ): Promise<void> {
    const { lost, limits } = this.link;
    const waiting = new Gate({ maxRequests: limits.maxSamplesInFlight, maxBytes: Infinity });
    const posting = new Gate({ maxRequests: maxPosts, maxBytes: Infinity });
    const polling = new Gate({ maxRequests: maxPolls, maxBytes: Infinity });
    await withSignal([lost, own], async (signal, abort) => {
      const work = requests.map((request, index) =>
        this.sampleOne(request, { waiting, posting, polling, signal }).then((output) => {
          onResult(index, output);
        }),
      );
      for (const one of work) one.catch(abort);
      try {
        await Promise.all(work);
      } catch (error) {
        await Promise.allSettled(work);
        throw error;
      }
    });
  }

  private async sampleOne(
    { prompt, count, params, key }: RemoteSampleRequest,
    { waiting, posting, polling, signal }: Turns,
  ): Promise<SampleOutput> {
    const { connection } = this.link;
    const seqId = this.requests++;
    const done = await connection.traffic.during(phase, 'queue', () => waiting.enter(0, signal));
    try {
      const posted = await posting.enter(0, signal);
      const body: RequestBody<typeof sampleRequest> & { type: string } = {
        sampling_session_id: this.id,
        seq_id: seqId,
        num_samples: count,
        prompt: { chunks: [{ type: 'encoded_text', tokens: Array.from(prompt) }] },
        sampling_params: params,
        ...(key !== undefined && { key: [...key] }),
        type: 'sample',
      };
      const call: Call = { path: 'asample', what: `sampling of prompt ${seqId}`, phase, body, signal };
      const requestId = await submit(connection, call).finally(posted);
      const polled = await polling.enter(0, signal);
      const output = decodeSampleOutput(await protobufResult(connection, { ...call, requestId }).finally(polled));
      if (output.sequences.length !== count)
        throw resultsMissing(connection.asked(call), output.sequences.length, count);
      return output;
    } finally {
      done();
    }
  }
}
