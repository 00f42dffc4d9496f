import type { Metrics } from '../../../core/contracts/metric-sink.js';
import type { RolloutLine } from '../../../core/rollouts/rollout-line.js';
import type { HealthWarning } from '../../../core/train/diagnostics/health.js';
import type { EvaluationSource } from './evaluations.js';

/** What the pages show and where they get it. This folder is compiled for Node and for browsers: no input or output. */

/** A run in the pages. Runs are numbered in the order of the command line. */
export interface RunInfo {
  readonly name: string;
  readonly folder: string;
  /** `unfinished`: neither in progress nor complete; interrupted, killed, or on another machine. */
  readonly state: 'running' | 'finished' | 'unfinished';
  /** The configured number; absent if the configuration cannot be read. */
  readonly iterations?: number;
  /** Important settings, label and value. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  /**
   * Its values of the settings in which the runs differ, in the same order for every run; absent of a single run.
   */
  readonly differing?: readonly (readonly [path: string, value: string])[];
}

/** A rollout file of a run folder. */
export interface RolloutFileInfo {
  /** Name below `rollouts/`. */
  readonly file: string;
  readonly iteration: number;
  /** Held-out set; absent for responses trained on. */
  readonly set?: string;
  readonly bytes: number;
}

export type Rollout = RolloutLine;

/** A response with the run and the file that contain it. */
export interface LocatedRollout {
  readonly run: number;
  readonly file: RolloutFileInfo;
  readonly rollout: Rollout;
}

/** A warning with the iteration that raised it; see docs/metrics.md. */
export interface RunWarning extends HealthWarning {
  readonly iteration: number;
}

/** Metrics that are new since the last update. */
export interface MetricsUpdate {
  /** The new records, or all of them if `restarted`. */
  readonly records: readonly Metrics[];
  /** Where to continue next time. */
  readonly next: number;
  /** The file was truncated, because the run resumed from a checkpoint: discard all earlier records. */
  readonly restarted: boolean;
  /** Lines among the new ones that are damaged and were left out, if any. */
  readonly damaged?: number;
  /** Only of a report, whose records are downsampled; otherwise they are derived from the records. */
  readonly warnings?: readonly RunWarning[];
}

/** Where the pages get their data: a server, or the report that contains them. */
export interface Source {
  /** Whether there can be new data. */
  readonly live: boolean;
  /** What a report leaves out, in plain words. */
  readonly note?: string;
  /** Whether curves are without some iterations, so that they cannot be averaged over runs. */
  readonly thinned?: boolean;
  runs(): Promise<readonly RunInfo[]>;
  /** `from` is 0 or `next` of the last update; `seen` the last iteration known. */
  metrics(run: number, from: number, seen: number): Promise<MetricsUpdate>;
  /** Evaluations beside the runs, if there can be any. */
  readonly evaluations?: EvaluationSource;
  rolloutFiles(run: number): Promise<readonly RolloutFileInfo[]>;
  rollouts(run: number, file: RolloutFileInfo): Promise<readonly Rollout[]>;
}

/** The responses of one file that a report contains. */
export interface ChosenRollouts {
  readonly file: RolloutFileInfo;
  readonly rollouts: readonly Rollout[];
}

/** A run in a report. Columns keep six significant digits. */
export interface ReportRun {
  readonly info: RunInfo;
  readonly series: {
    readonly iterations: readonly number[];
    /** Seconds up to the end of each iteration; the columns may lack iterations, so theirs cannot be summed. */
    readonly elapsed: readonly number[];
    readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
  };
  readonly warnings: readonly RunWarning[];
  readonly rollouts: readonly ChosenRollouts[];
}

/** What is embedded in a report. */
export interface ReportData {
  readonly runs: readonly ReportRun[];
  readonly note: string;
  /** Whether the curves of a run are downsampled. */
  readonly thinned?: boolean;
}
