import type { FileFolder } from './files.js';
import type { AnswerCheck, RewardModule, GradableRollout } from './reward.js';
import type { Problem, RewardResult, Rollout } from './data.js';
import type { Tokenizer } from './tokenizer.js';

/** What core needs from the place it runs in: Node today, a browser worker later. All of it is injected. */

/** Length and SHA-256 (hexadecimal) of the content of a file. */
export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

/** Files of one run, addressed by relative path with `/`. */
export interface Storage {
  /** Where the folder is, for messages. */
  readonly location: string;
  /** A file, or its bytes `from` up to, not including, `to`; undefined if there is none. The caller owns the result. */
  read(path: string, from?: number, to?: number): Promise<Uint8Array | undefined>;
  /** Bytes of a file; undefined if there is none. */
  size(path: string): Promise<number | undefined>;
  /** Read from the disk, in pieces; undefined if there is no such file. */
  digest(path: string): Promise<FileDigest | undefined>;
  /**
   * All or nothing: readers see the old content or the new, never a part. Chunks are written in order. It survives a power cut once this returns, unless
   * `lasting` is false: then once it was flushed. Returns the digest of what was given to the disk.
   */
  write(
    path: string,
    content: string | Uint8Array | AsyncIterable<Uint8Array>,
    options?: { readonly lasting?: boolean },
  ): Promise<FileDigest>;
  /** Adds to the end of a file, which is made if missing. A crash may leave a part of what was added. */
  append(path: string, content: string | Uint8Array): Promise<void>;
  /** What was written or appended to a file, or to any file below a folder, survives a power cut once this returns. */
  flush(path: string): Promise<void>;
  /** Keeps the first `bytes` bytes of a file that has at least as many; a missing or shorter one throws ORZ_STORAGE. */
  truncate(path: string, bytes: number): Promise<void>;
  /** Gives a file or folder another name, which must be free, at once and lastingly. */
  rename(from: string, to: string): Promise<void>;
  /** Paths of all files that begin with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>;
  /** Removes a file, or a folder with all it holds; nothing happens if there is none. */
  remove(path: string): Promise<void>;
}

/** Grades groups off the training thread. */
export interface RewardPool {
  grade(group: readonly GradableRollout[]): Promise<readonly RewardResult[]>;
  /** What the reward thinks of each gold answer, in order; undefined if it has no opinion on answers. An answer that exceeds the time limit is not gradable. */
  check?(problems: readonly Problem[]): Promise<readonly AnswerCheck[] | undefined>;
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

/** Which files of a dataset on the hub are wanted. */
export interface DatasetRequest {
  /** `owner/name` on the hub. */
  readonly name: string;
  /** Branch, tag or commit; `main` if absent. */
  readonly revision?: string;
  /** Chooses from the paths of all files; may throw for a choice that cannot be made. */
  readonly select: (paths: readonly string[]) => readonly string[];
  readonly events: RunEvents;
  readonly signal?: AbortSignal;
}

/** Files of a dataset, at hand. */
export interface DatasetFiles {
  readonly folder: FileFolder;
  /** The chosen paths, in the order of the repository. */
  readonly files: readonly string[];
  /** The commit they are of. */
  readonly commit: string;
}

export interface Platform {
  readonly storage: Storage;
  /** Milliseconds from a fixed point; only for durations that are reported, never for decisions. */
  now(): number;
  /** Bytes of memory this process holds now, and at its peak. */
  memory(): { readonly bytes: number; readonly peakBytes: number };
  /** Fetches files of a dataset on the Hugging Face hub, or takes them from its cache; absent where there is none. */
  fetchDataset?(request: DatasetRequest): Promise<DatasetFiles>;
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

/** One response with what was computed about it. Arrays are [T] and belong to the loop: read them, keep copies. */
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
    /** Nats. */
    readonly entropy: Float32Array;
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

/** What a hook may ask for. */
export interface IterationWish {
  /** End the run here, and why, in words for the log. */
  readonly stop?: string;
  /** Write a checkpoint now, whatever `checkpoint.every` says. */
  readonly checkpoint?: boolean;
}

export interface MetricSink {
  readonly name: string;
  /** Once this is done, everything is in the storage of the platform: a checkpoint counts on it. Growing files go through `append`, so that a resumed run can cut them back. */
  record(metrics: Metrics): Promise<void> | void;
  /** Called after `record` of the same iteration, and after each evaluation; most sinks need only numbers and leave it out. */
  rollouts?(batch: RolloutBatch): Promise<void> | void;
  /**
   * The hook at the end of each iteration, after `record` and `rollouts`: whatever has to happen then, and a say in how the run goes on. A reason to stop saves everything
   * and ends the run as if its last iteration had come; the sinks after this one are still asked.
   */
  iterationEnd?(end: IterationEnd): Promise<IterationWish | undefined> | IterationWish | undefined;
  /** What the sink needs to go on in another process, as JSON; asked for at each checkpoint. */
  state?(): unknown;
  /** Called before the first record of a resumed run with what `state` gave at its checkpoint. */
  restore?(state: unknown): Promise<void> | void;
  dispose?(): Promise<void>;
}
