import type { Metrics } from '../../../core/contracts/metric-sink.js';
import type { HealthWarning } from '../../../core/train/diagnostics/health.js';
import type { RolloutLine } from '../../../core/rollouts/rollout-line.js';

/** What the pages show and where it comes from. Compiled for Node and for the browser: types and pure functions only. */

/** One run as the pages name it. Runs are numbered in the order of the command line. */
export interface RunInfo {
  readonly name: string;
  readonly folder: string;
  /** `unfinished`: neither at work nor at its end; interrupted, killed, or on another machine. */
  readonly state: 'running' | 'finished' | 'unfinished';
  /** Iterations planned; absent if the configuration cannot be read. */
  readonly iterations?: number;
  /** Settings worth a look, label and value. */
  readonly facts: readonly (readonly [label: string, value: string])[];
}

/** A rollout file of a run folder. */
export interface RolloutFileInfo {
  /** Below `rollouts/`. */
  readonly file: string;
  readonly iteration: number;
  /** Held-out set; absent for responses trained on. */
  readonly set?: string;
  readonly bytes: number;
}

export type Rollout = RolloutLine;

/** A response with where it is from. */
export interface PlacedRollout {
  readonly run: number;
  readonly file: RolloutFileInfo;
  readonly rollout: Rollout;
}

/** A warning in plain words; see docs/metrics.md. */
export interface RunWarning extends HealthWarning {
  readonly iteration: number;
}

/** Metrics that came since the last question. */
export interface MetricsUpdate {
  /** What is new, or everything if `restarted`. */
  readonly records: readonly Metrics[];
  /** Where to ask from next time. */
  readonly next: number;
  /** The file was cut back (a run resumed from a checkpoint): forget what came before. */
  readonly restarted: boolean;
  /** Only of a report, whose records are thinned out; otherwise found in the records. */
  readonly warnings?: readonly RunWarning[];
}

/** Where the pages get their data: a server, or the report they are in. */
export interface Source {
  /** Whether more can come. */
  readonly live: boolean;
  /** What a report left out, in plain words. */
  readonly note?: string;
  runs(): Promise<readonly RunInfo[]>;
  /** `from` is 0 or `next` of the last update; `seen` the last iteration known. */
  metrics(run: number, from: number, seen: number): Promise<MetricsUpdate>;
  rolloutFiles(run: number): Promise<readonly RolloutFileInfo[]>;
  rollouts(run: number, file: RolloutFileInfo): Promise<readonly Rollout[]>;
}

/** The responses of one file that a report holds. */
export interface ChosenRollouts {
  readonly file: RolloutFileInfo;
  readonly rollouts: readonly Rollout[];
}

/** A run inside a report. Columns keep six significant digits. */
export interface ReportRun {
  readonly info: RunInfo;
  readonly series: {
    readonly iterations: readonly number[];
    /** Seconds; the columns may lack iterations, so they cannot be summed. */
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
}
