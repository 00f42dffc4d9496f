import type { RewardModule, GradableRollout } from './reward.js';
import type { RewardResult } from './data.js';

/** What core needs from the place it runs in: Node today, a browser worker later. All of it is injected. */

/** Files of one run, addressed by relative path with `/`. */
export interface Storage {
  /** Where the folder is, for messages. */
  readonly location: string;
  read(path: string): Promise<Uint8Array | undefined>;
  /** All or nothing: readers see the old content or the new, never a part. Chunks are written in order. */
  write(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  append(path: string, text: string): Promise<void>;
  list(prefix: string): Promise<string[]>;
  remove(path: string): Promise<void>;
}

/** Grades groups off the training thread. */
export interface RewardPool {
  grade(group: readonly GradableRollout[]): Promise<readonly RewardResult[]>;
  readonly stats: { readonly timeouts: number; readonly crashes: number; readonly retries: number };
  dispose(): Promise<void>;
}

export interface RewardPoolOptions {
  readonly workers: number;
  /** Backstop for a stuck worker, counted from when work on a group starts. */
  readonly timeoutMs: number;
  /** Called in plain words when a worker was stopped or died; also counted in the pool's stats. */
  readonly onIncident?: (message: string) => void;
}

export interface Platform {
  readonly storage: Storage;
  /** Milliseconds from a fixed point; only for durations that are reported, never for decisions. */
  now(): number;
  /** Bytes of memory this process holds now, and at its peak. */
  memory(): { readonly bytes: number; readonly peakBytes: number };
  createRewardPool(module: RewardModule, options: RewardPoolOptions): Promise<RewardPool>;
}

/** One long-running part of the run, drawn as a progress bar. */
export interface PhaseHandle {
  /** Work done so far, in the unit given at the start. */
  progress(done: number): void;
  end(): void;
}

/** What a run reports while it runs; the terminal, the run folder and later a dashboard listen. */
export interface RunEvents {
  phase(name: string, total: number, unit: string): PhaseHandle;
  log(level: 'info' | 'warn', message: string): void;
}

export type MetricValue = number | string | null | Readonly<Record<string, number>>;
/** One object per iteration; every name is documented in docs/metrics.md. */
export type Metrics = Readonly<Record<string, MetricValue>>;

export interface MetricSink {
  readonly name: string;
  record(metrics: Metrics): Promise<void> | void;
  dispose?(): Promise<void>;
}
