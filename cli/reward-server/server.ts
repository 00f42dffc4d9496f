import type { IncomingMessage } from 'node:http';
import type { RewardResult } from '../../core/contracts/data.js';
import { isOrzError } from '../../core/errors.js';
import { startWebServer, type HttpAnswer, type WebServer } from '../dashboard/web-server.js';
import type { Grader } from '../grade/grader.js';
import type { GradeRecord } from '../grade/record.js';
import { ruleOf } from '../grade/rule.js';
import { checkKey } from './access.js';
import { Capacity, readJson } from './body.js';
import { Float, jsonAnswer } from './json.js';
import { Metrics } from './metrics.js';
import { answerOfError, busy, Refusal } from './refusal.js';
import { readBatch, readOpenRlhf } from './requests.js';
import { Scheduler } from './scheduler.js';

export interface RewardServerOptions {
  readonly grader: Grader;
  /** Type of the reward, for the metrics. */
  readonly reward: string;
  /** Address or name to listen on. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** What clients must send; absent, nothing. */
  readonly key?: string;
  readonly limits: RewardServerLimits;
  /** Told what a client was not told. */
  readonly onFailure: (message: string) => void;
}

export interface RewardServerLimits {
  readonly maxBodyBytes: number;
  readonly maxPairs: number;
  readonly maxRequests: number;
  /** Milliseconds after which a request is refused. */
  readonly timeLimitMs: number;
}

export interface RewardServer extends WebServer {
  /** Refuses new requests, waits a little for those that are open, and ends. The grader stays the caller's. */
  close(): Promise<void>;
}

/** Records per thread handed to the pool at once: the next is there before a thread asks for it. */
const perThread = 4;
/** Milliseconds that open requests have to end when the server is closed. */
const lastMs = 3_000;

/** Serves rewards over HTTP. Throws ORZ_USAGE if the address cannot be listened on. */
export async function startRewardServer(options: RewardServerOptions): Promise<RewardServer> {
  const service = new RewardService(options);
  const { host, port, limits } = options;
  const server = await startWebServer(
    {
      host,
      port,
      policy: "default-src 'none'",
      methods: ['GET', 'HEAD', 'POST'],
      // A client may send its next request over the same connection after a step of training.
      connections: { requestTimeout: limits.timeLimitMs, keepAliveTimeout: 120_000, maxHeaderSize: 16_384 },
    },
    (path, _, request) => service.answer(path, request),
  );
  return {
    url: server.url,
    close: async () => {
      await service.drain(lastMs);
      await server.close();
    },
  };
}

type Route = (request: IncomingMessage) => Promise<HttpAnswer> | HttpAnswer;

class RewardService {
  private readonly metrics: Metrics;
  private readonly capacity: Capacity;
  private readonly scheduler: Scheduler;
  private readonly routes: Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly answer: Route }>>;
  /** Why nothing can be graded any more; the threads do not come back. */
  private broken: string | undefined;
  private isClosing = false;

  constructor(private readonly options: RewardServerOptions) {
    const { grader, reward, limits } = options;
    this.metrics = new Metrics(reward, grader.verifier);
    this.capacity = new Capacity(limits);
    this.scheduler = new Scheduler((record) => grader.grade(record), {
      parallel: perThread * grader.workers,
      maxPairs: limits.maxPairs,
    });
    this.routes = {
      '/': { method: 'GET', answer: () => this.about() },
      '/health': { method: 'GET', answer: () => this.health() },
      '/metrics': { method: 'GET', answer: () => this.measured() },
      '/grade': { method: 'POST', answer: (request) => this.graded(request, readBatch, batchOf(grader.verifier)) },
      '/get_reward': { method: 'POST', answer: (request) => this.graded(request, readOpenRlhf, openRlhfOf) },
    };
  }

  async answer(path: string, request: IncomingMessage): Promise<HttpAnswer> {
    const name = Object.hasOwn(this.routes, path) ? path : 'other';
    const answer = await this.routed(path, request).catch((error: unknown) => this.failed(error));
    this.metrics.countRequest(name, answer.status);
    // A body that nobody reads keeps the connection from its next request.
    if (!request.complete) request.resume();
    return answer;
  }

  async drain(ms: number): Promise<void> {
    this.isClosing = true;
    const end = performance.now() + ms;
    while (this.capacity.openRequests > 0 && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  private async routed(path: string, request: IncomingMessage): Promise<HttpAnswer> {
    const route = Object.hasOwn(this.routes, path) ? this.routes[path] : undefined;
    if (route === undefined) throw new Refusal(404, `there is only ${Object.keys(this.routes).join(', ')}`);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (method !== route.method)
      throw new Refusal(405, `${path} knows only ${route.method}`, undefined, { allow: route.method });
    // Whether the server lives is no secret, and who watches over it should need none.
    if (path !== '/health') checkKey(request.headers.authorization, this.options.key);
    return route.answer(request);
  }

  private failed(error: unknown): HttpAnswer {
    const isRefusal = error instanceof Refusal || (isOrzError(error) && error.code === 'ORZ_DATA_MALFORMED');
    if (!isRefusal) this.options.onFailure(error instanceof Error ? error.message : String(error));
    if (isOrzError(error) && error.code === 'ORZ_REWARD_WORKER') this.broken ??= error.message;
    return answerOfError(error);
  }

  private about(): HttpAnswer {
    const { grader, limits } = this.options;
    const paths = Object.entries(this.routes).map(([path, { method }]) => `${method} ${path}`);
    return jsonAnswer({ verifier: grader.verifier, threads: grader.workers, limits, paths });
  }

  private health(): HttpAnswer {
    if (this.broken !== undefined) return jsonAnswer({ status: 'broken', reason: this.broken }, 503);
    return this.isClosing
      ? jsonAnswer({ status: 'closing' }, 503)
      : jsonAnswer({ status: 'ok', verifier: this.options.grader.verifier });
  }

  private measured(): HttpAnswer {
    const { openRequests } = this.capacity;
    const { waitingPairs, gradingPairs } = this.scheduler;
    const pool = this.options.grader.stats();
    return {
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: this.metrics.text({ openRequests, waitingPairs, gradingPairs, pool }),
    };
  }

  private graded(request: IncomingMessage, read: ReadRecords, write: WriteResults): Promise<HttpAnswer> {
    if (this.isClosing) throw busy('the server is closing');
    return this.capacity.hold(async (count) => {
      const records = read(await readJson(request, count));
      const { signal, release } = this.limitsOf(request);
      const start = performance.now();
      try {
        const results = await this.scheduler.submit(records, signal);
        const seconds = (performance.now() - start) / 1000;
        for (const { verdict, value } of results) this.metrics.countPair(verdict, value, seconds);
        return jsonAnswer(write(records, results));
      } finally {
        release();
      }
    });
  }

  /** Aborted when the client has gone or waited too long. */
  private limitsOf({ socket }: IncomingMessage): { readonly signal: AbortSignal; release(): void } {
    const stop = new AbortController();
    const { timeLimitMs } = this.options.limits;
    const gone = (): void => {
      this.metrics.countGoneClient();
      stop.abort(new Refusal(499, 'the client has gone'));
    };
    const timer = setTimeout(() => {
      stop.abort(busy(`not graded within ${timeLimitMs} ms`));
    }, timeLimitMs);
    if (socket.destroyed) gone();
    socket.once('close', gone);
    return {
      signal: stop.signal,
      release: () => {
        clearTimeout(timer);
        socket.off('close', gone);
      },
    };
  }
}

type ReadRecords = (body: unknown) => GradeRecord[];
type WriteResults = (records: readonly GradeRecord[], results: readonly RewardResult[]) => unknown;

const batchOf =
  (verifier: string): WriteResults =>
  (records, results) => ({
    results: results.map((result, i) => ({
      id: records[i]?.id ?? i,
      verdict: result.verdict,
      value: new Float(result.value),
      answer: result.answer ?? null,
      rule: ruleOf(result),
    })),
    verifier,
  });

/** OpenRLHF trains on `rewards` and filters by `scores`; it turns `extra_logs` into tensors, and there are none. */
const openRlhfOf: WriteResults = (_, results) => {
  const rewards = results.map(({ value }) => new Float(value));
  return { rewards, scores: rewards, extra_logs: {} };
};
