import type { RewardResult, Rollout } from './data.js';
import type { Tokenizer } from './tokenizer.js';

export type MetricValue = number | string | null | Readonly<Record<string, number>>;

/** One object per iteration; every name is documented in docs/metrics.md. */
export type Metrics = Readonly<Record<string, MetricValue>>;

/** One response with what was computed about it. Arrays are [T] and belong to the loop: copy what you keep. */
export interface RolloutRecord {
  readonly rollout: Rollout;
  readonly result: RewardResult;
  /** Number of its prompt in the batch; members of a group are neighbours. */
  readonly group: number;
  /** Only of responses that were trained on. */
  readonly training?: {
    /** The reward trained on: that of `result`, or another response's in the control experiment. */
    readonly reward: number;
    readonly logprobs: Float32Array;
    /** Nats. Absent where the engine does not compute it. */
    readonly entropy?: Float32Array;
    /** Absent without a critic. */
    readonly values?: Float32Array;
    /** As the loss saw them: after whitening, if that is on. */
    readonly advantages: Float32Array;
    readonly returns: Float32Array;
  };
}

/** All responses of one iteration, or of one evaluation. */
export interface RolloutBatch {
  /** 0 for the evaluation before training. */
  readonly iteration: number;
  /** Name of the held-out set; absent for the responses trained on. */
  readonly set?: string;
  /** In order of problem, then sample. */
  readonly records: readonly RolloutRecord[];
  readonly tokenizer: Tokenizer;
}

/** What a hook is told at the end of an iteration. */
export interface IterationEnd {
  readonly iteration: number;
  /** Of the whole run. */
  readonly iterations: number;
  /** What the sinks were given for it. */
  readonly metrics: Metrics;
}

/** What a sink wants to happen at the end of an iteration. */
export interface IterationDirective {
  /** End the run here, and why, in words for the log. */
  readonly stop?: string;
  /** Write a checkpoint now, whatever `checkpoint.every` says. */
  readonly checkpoint?: boolean;
}

export interface MetricSink {
  readonly name: string;
  /**
   * Returns once everything is in the storage of the platform: a checkpoint relies on it. Growing files go through
   * `append`, so that a resumed run can cut them back.
   */
  record(metrics: Metrics): Promise<void> | void;
  /**
   * Called after `record` of the same iteration, and after each evaluation; most sinks need only numbers and leave it
   * out.
   */
  rollouts?(batch: RolloutBatch): Promise<void> | void;
  /**
   * The hook at the end of each iteration, after `record` and `rollouts`: it may return a directive for the run. A
   * reason to stop saves everything and ends the run as if this had been its last iteration; later sinks are still
   * asked.
   */
  iterationEnd?(end: IterationEnd): Promise<IterationDirective | undefined> | IterationDirective | undefined;
  /** What the sink needs to continue in another process, as JSON; requested at each checkpoint. */
  state?(): unknown;
  /** Called before the first record of a resumed run with what `state` gave at its checkpoint. */
  restore?(state: unknown): Promise<void> | void;
  dispose?(): Promise<void>;
}
