import type { RunConfig } from '../../config/schema.js';
import type { DeviceInfo } from '../../contracts/backend.js';
import type { EvaluationReport, SampleAnswer } from '../../contracts/loop.js';
import type { Metrics } from '../../contracts/metric-sink.js';
import type { Platform } from '../../contracts/platform.js';
import type { RunEvents } from '../../contracts/run-events.js';
import type { RunContainer } from '../../container/run-container.js';
import type { Random } from '../../random.js';
import type { SavedCheckpoint } from '../state/checkpoints.js';
import type { RunFiles } from '../state/run-files.js';

/** What a training run is started with. */
export interface TrainingRun {
  readonly config: RunConfig;
  readonly container: RunContainer;
  readonly platform: Platform;
  /** Of the storage of `platform`. */
  readonly files: RunFiles;
  readonly events: RunEvents;
  readonly random: Random;
  /** Stops the run at the next safe point; its state is saved, then ORZ_INTERRUPTED is thrown. */
  readonly signal: AbortSignal;
  /** Content of `config.json` in the run folder; written once the data are open, so that bad data leave no file. */
  readonly configFile: string;
  /** Where a run that was started earlier continues; absent for a new one. */
  readonly resume?: SavedCheckpoint;
  /** Continue even if the problems are not those the run was started with. */
  readonly force?: boolean;
  /** Called with the metrics of each iteration after the sinks have them. */
  readonly onMetrics?: (metrics: Metrics) => void;
  /** Called after the evaluation before training, with its results as metrics of iteration 0. */
  readonly onBaseEvaluation?: (metrics: Metrics) => void;
  /** Called once the device of the run is known. */
  readonly onDevice?: (device: DeviceInfo) => void;
  /** Called after each iteration with some of its responses, to show to users. */
  readonly onSamples?: (iteration: number, samples: readonly SampleAnswer[]) => void;
}

/** What a finished run reports; also the content of `summary.json`. */
export interface RunSummary {
  readonly iterations: number;
  /** Held-out results by name of the set. */
  readonly before: Readonly<Record<string, EvaluationReport>>;
  readonly after: Readonly<Record<string, EvaluationReport>>;
  readonly samplesBefore: readonly SampleAnswer[];
  readonly samplesAfter: readonly SampleAnswer[];
  readonly seconds: number;
  readonly location: string;
}
