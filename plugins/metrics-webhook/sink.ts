import { setTimeout } from 'node:timers/promises';
import type { IterationEnd, MetricSink, RolloutBatch } from '../../core/contracts/metric-sink.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { post } from './post.js';
import type { WebhookSettings } from './settings.js';

/** Messages that wait at most; beyond that the oldest are dropped. */
const maxWaiting = 100;
/** Milliseconds in which what still waits is delivered when a run ends. */
const farewellMs = 10_000;

/** Where the messages of a run go. */
export interface Receiver {
  readonly url: URL;
  /** Name of the run in each message. */
  readonly run: string;
  readonly settings: WebhookSettings;
}

/**
 * Posts what happens, in order, while the run goes on: no iteration waits for an answer. A receiver that fails is
 * reported once.
 */
export class WebhookSink implements MetricSink {
  readonly name = 'webhook';
  private readonly waiting: string[] = [];
  private readonly stop = new AbortController();
  private delivering: Promise<void> | undefined;
  private hasFailed = false;
  private last: Omit<IterationEnd, 'metrics'> | undefined;

  constructor(
    private readonly receiver: Receiver,
    private readonly events: RunEvents,
  ) {}

  record(): void {
    // The message of an iteration is sent at its end, when the number of iterations is known as well.
  }

  rollouts({ iteration, set, records }: RolloutBatch): void {
    if (set === undefined) return;
    const total = records.reduce((sum, { result }) => sum + result.value, 0);
    const reward = records.length === 0 ? null : total / records.length;
    this.send({ event: 'evaluation', iteration, set, responses: records.length, reward });
  }

  iterationEnd({ iteration, iterations, metrics }: IterationEnd): undefined {
    this.last = { iteration, iterations };
    this.send({ event: 'iteration', iteration, iterations, metrics });
  }

  /** Sends the end, and what waits, for as long as a receiver may keep a run from ending. */
  async dispose(): Promise<void> {
    const { iteration, iterations } = this.last ?? { iteration: null, iterations: null };
    this.send({ event: 'end', iteration, iterations, complete: this.last !== undefined && iteration === iterations });
    const tooLate = setTimeout(farewellMs, undefined, { signal: this.stop.signal }).catch(() => undefined);
    await Promise.race([this.delivering, tooLate]);
    this.waiting.length = 0;
    this.stop.abort();
    await this.delivering;
  }

  private send(message: object): void {
    this.waiting.push(JSON.stringify({ run: this.receiver.run, time: new Date().toISOString(), ...message }));
    if (this.waiting.length > maxWaiting) this.waiting.shift();
    this.delivering ??= this.deliver().finally(() => {
      this.delivering = undefined;
    });
  }

  private async deliver(): Promise<void> {
    const { url, settings } = this.receiver;
    for (let body = this.waiting.shift(); body !== undefined; body = this.waiting.shift()) {
      const failure = await post(url, body, settings, this.stop.signal);
      if (failure !== undefined) this.report(failure);
    }
  }

  private report(failure: string): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    const { host } = this.receiver.url;
    this.events.log(
      'warn',
      `the webhook at ${host} did not take a message: ${failure}. The run goes on; this is said once`,
    );
  }
}
