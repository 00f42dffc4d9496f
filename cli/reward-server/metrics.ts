import { verdicts, type Verdict } from '../../core/contracts/data.js';
import type { RewardPool } from '../../core/contracts/reward-pool.js';

/** Upper bounds of the histogram of waiting and grading times, in seconds. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What the server is doing at the moment it is asked. */
export interface Gauges {
  readonly openRequests: number;
  readonly waitingPairs: number;
  readonly gradingPairs: number;
  readonly pool: RewardPool['stats'];
}

/** Counts what the server did, and writes it in the text format of Prometheus. */
export class Metrics {
  private readonly requests = new Map<string, number>();
  private readonly pairs = new Map<Verdict, number>(verdicts.map((verdict) => [verdict, 0]));
  private readonly buckets = new Array<number>(bounds.length).fill(0);
  private seconds = 0;
  private value = 0;
  private goneClients = 0;

  constructor(
    private readonly reward: string,
    private readonly verifier: string,
  ) {}

  /** `path` must be one of the server's own: a label for every path that somebody asks for would fill the memory. */
  countRequest(path: string, status: number): void {
    const labels = `path="${path}",status="${status}"`;
    this.requests.set(labels, (this.requests.get(labels) ?? 0) + 1);
  }

  countPair(verdict: Verdict, value: number, seconds: number): void {
    this.pairs.set(verdict, (this.pairs.get(verdict) ?? 0) + 1);
    this.value += value;
    this.seconds += seconds;
    const bucket = bounds.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
  }

  countGoneClient(): void {
    this.goneClients++;
  }

  text({ openRequests, waitingPairs, gradingPairs, pool }: Gauges): string {
    const { reward, verifier } = this;
    return [
      metric('info', 'gauge', 'Which reward grades', [
        [`{reward="${quote(reward)}",verifier="${quote(verifier)}"}`, 1],
      ]),
      metric(
        'requests_total',
        'counter',
        'Requests answered',
        [...this.requests].map(([key, n]) => [`{${key}}`, n]),
      ),
      metric('clients_gone_total', 'counter', 'Clients that left before their answer', [['', this.goneClients]]),
      metric('pairs_total', 'counter', 'Answers graded, by verdict', [
        ...[...this.pairs].map(([verdict, n]): Sample => [`{verdict="${verdict}"}`, n]),
      ]),
      metric('value_total', 'counter', 'Sum of the rewards', [['', this.value]]),
      metric('open_requests', 'gauge', 'Requests that wait for their answer', [['', openRequests]]),
      metric('waiting_pairs', 'gauge', 'Answers that wait for a thread', [['', waitingPairs]]),
      metric('grading_pairs', 'gauge', 'Answers handed to the threads', [['', gradingPairs]]),
      metric('thread_timeouts_total', 'counter', 'Threads stopped by the time limit', [['', pool.timeouts]]),
      metric('thread_crashes_total', 'counter', 'Threads that died', [['', pool.crashes]]),
      metric('retries_total', 'counter', 'Answers tried once more after that', [['', pool.retries]]),
      this.histogram(),
    ].join('');
  }

  private histogram(): string {
    const total = [...this.pairs.values()].reduce((a, b) => a + b, 0);
    let below = 0;
    const samples = bounds.map((bound, i): Sample => {
      below += this.buckets[i] ?? 0;
      return [`_bucket{le="${bound}"}`, below];
    });
    return metric('pair_seconds', 'histogram', 'From the arrival of a request to the verdicts of all its answers', [
      ...samples,
      ['_bucket{le="+Inf"}', total],
      ['_sum', this.seconds],
      ['_count', total],
    ]);
  }
}

/** What follows the name, and the value. */
type Sample = readonly [suffix: string, value: number];

function metric(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const full = `orz_reward_${name}`;
  const lines = samples.map(([suffix, value]) => `${full}${suffix} ${value}`);
  return [`# HELP ${full} ${help}.`, `# TYPE ${full} ${type}`, ...lines, ''].join('\n');
}

const quote = (text: string): string => text.replace(/["\\\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
