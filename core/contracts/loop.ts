import type { Problem, RewardResult, Rollout, Verdict } from './data.js';
import type { Loss } from './loss.js';
import type { IterationDirective, Metrics, MetricValue } from './metric-sink.js';
import type { Sequence } from './model.js';
import type { SamplingSettings } from './sampler.js';

/**
 * The parts of the training loop and the data that passes between them. Each part is a class resolved from the run's
 * container, and a plugin may replace any of them; see docs/plugins.md. Shape letters: B rollouts, T response tokens.
 */

/** The rollouts of one collection, in order of problem, then sample, with the reward's result for each. */
export interface GradedRollouts {
  readonly rollouts: readonly Rollout[];
  readonly results: readonly RewardResult[];
  /** [B] reward of the most probable response to the same problem; present if the advantage asks for it. */
  readonly greedyRewards?: Float32Array;
}

export interface CollectRequest {
  readonly problems: readonly Problem[];
  /** Index of the first of these problems within the iteration; 0 if absent. Rollouts count from there. */
  readonly firstIndex?: number;
  /** Samples per problem G. */
  readonly samples: number;
  readonly sampling: Omit<SamplingSettings, 'stop' | 'stopTokens'>;
  /** A longer prompt throws ORZ_PROMPT_TOO_LONG. */
  readonly maxPromptTokens: number;
  /** Identifies the randomness of this collection, for example the iteration. */
  readonly key: number;
  /** Absent for evaluations. */
  readonly iteration?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (completed: number) => void;
}

/** Samples responses from the current policy and has them graded. */
export interface Collector {
  collect(request: CollectRequest): Promise<GradedRollouts>;
}

/** Rollouts with the models' scores, computed under the weights that sampled them. Arrays are [B] or [B][T]. */
export interface ScoredBatch extends GradedRollouts {
  readonly sequences: readonly Sequence[];
  /** [B] group (problem) index of each rollout. */
  readonly groups: Int32Array;
  readonly oldLogprobs: readonly Float32Array[];
  /** True if the policy was not scored: `oldLogprobs` are those of the sampler, and the loss takes its own. */
  readonly unscored?: boolean;
  /** Nats. Absent where the engine does not compute it. */
  readonly entropy?: readonly Float32Array[];
  /** Present if a KL term asks for the reference model. */
  readonly refLogprobs?: readonly Float32Array[];
  /** Factors of the loss weights of the policy; present if the sampler is corrected for. */
  readonly correction?: readonly Float32Array[];
  /** Present if the advantage needs a critic. */
  readonly oldValues?: readonly Float32Array[];
}

/** Computes log-probabilities, entropies and values of rollouts. */
export interface Scorer {
  score(graded: GradedRollouts, iteration: number): Promise<ScoredBatch>;
}

export interface EstimatedBatch extends ScoredBatch {
  /** [B] the rewards trained on: those of `results`, shaped, and permuted in the control experiment. */
  readonly rewards: Float32Array;
  /** [B] whether the response is in the losses; absent: all are. */
  readonly inLoss?: readonly boolean[];
  /** Before and after whitening; equal if whitening is off. */
  readonly rawAdvantages: readonly Float32Array[];
  readonly advantages: readonly Float32Array[];
  /** Targets of the critic. */
  readonly returns: readonly Float32Array[];
  /** [B][T] subtracted from the rewards, if a KL penalty is configured. */
  readonly penalties?: readonly Float32Array[];
}

/** Turns rewards into advantages and returns per token. */
export interface Estimator {
  estimate(batch: ScoredBatch, iteration: number): Promise<EstimatedBatch>;
}

export type TrainedRole = 'policy' | 'critic';

/** One model's update in one iteration: losses, metrics and gradient norm are means over its optimizer steps. */
export interface UpdateReport {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Global L2 norm before clipping. */
  readonly gradNorm: number;
  /** Of the last step. */
  readonly learningRate: number;
}

/** Takes the optimizer steps of one model on one batch. */
export interface Updater {
  update(role: TrainedRole, batch: EstimatedBatch, iteration: number): Promise<UpdateReport>;
}

/** The loss each model is trained with; for the policy with the KL term, if one is configured. */
export interface Objectives {
  readonly losses: Readonly<Record<TrainedRole, Loss>>;
}

/** What a batch was chosen from. */
export interface CollectionReport {
  /** How often responses were collected. */
  readonly collections: number;
  /** Groups collected, and those of them that passed the filter. */
  readonly groups: number;
  readonly groupsKept: number;
  /** Mean over all responses collected. */
  readonly reward: number;
}

/** The outcome of one iteration. */
export interface IterationResult {
  readonly iteration: number;
  /** Absent without a group filter. */
  readonly collection?: CollectionReport;
  readonly batch: EstimatedBatch;
  /** Absent while only the critic learns. */
  readonly policy?: UpdateReport;
  /** Absent without a critic. */
  readonly critic?: UpdateReport;
}

/**
 * Statistics of a set of responses. A share is in 0 … 1, a length in tokens, null means undefined for this set. The
 * template adds metrics of its own under the names it chooses.
 */
export interface ResponseStatistics {
  readonly reward: number;
  readonly rewardStd: number;
  readonly responseLength: number;
  readonly responseLengthMax: number;
  readonly responseLengthCorrect: number | null;
  readonly responseLengthWrong: number | null;
  readonly repeatShare: number;
  /** Token at which the first repetition begins, over responses that repeat themselves. */
  readonly repeatOnset: number | null;
  readonly stopReasons: { readonly stop: number; readonly length: number };
  readonly verdicts: Readonly<Record<Verdict, number>>;
}

/** Statistics of the responses to one held-out set, with those of the template. */
export type EvaluationReport = ResponseStatistics & Readonly<Record<string, MetricValue>>;

/** A response to show to users. */
export interface SampleAnswer {
  readonly problem: string;
  readonly answer: string;
  readonly response: string;
  readonly verdict: string;
  readonly reward: number;
}

/** Reports by name of the held-out set, and some responses. */
export interface Evaluation {
  readonly reports: Readonly<Record<string, EvaluationReport>>;
  readonly samples: readonly SampleAnswer[];
}

export interface EvaluationRequest {
  /** Maximum number of problems of each set, taken from its beginning. */
  readonly limit: number;
  /** An abort throws the reason of the signal. */
  readonly signal: AbortSignal;
  /** Called with the responses to each set. */
  readonly onGraded?: (set: string, graded: GradedRollouts) => Promise<void>;
}

/** Evaluates the current weights on held-out problems. */
export interface Evaluator {
  evaluate(request: EvaluationRequest): Promise<Evaluation>;
}

/** Hands metrics and responses to the sinks. */
export interface Recorder {
  /** Everything about one iteration; returns what the sinks ask for. */
  record(metrics: Metrics, result: IterationResult): Promise<IterationDirective>;
  /** The responses of one evaluation to one held-out set. */
  recordEvaluation(set: string, graded: GradedRollouts): Promise<void>;
}

/**
 * Writes checkpoints. The weights are read while the next iteration samples, so {@link settle} must be awaited before
 * they change.
 */
export interface Checkpointer {
  /** Whether a checkpoint was begun and not yet settled. */
  readonly pending: boolean;
  /** Begins to write the model before training. */
  beginBase(): Promise<void>;
  /** Keeps the evaluation before training, for a run that is stopped before its first checkpoint. */
  saveBaseEvaluation(before: Evaluation): Promise<void>;
  /** Begins to write the state after an iteration, with its evaluation if it had one. */
  begin(evaluation: Evaluation | undefined): Promise<void>;
  /** Writes the state at the end of the run. */
  saveFinal(after: Evaluation): Promise<void>;
  /** Waits until nothing is being written; rejects with the error if writing failed. */
  settle(): Promise<void>;
}

/** The parts of the loop by name. */
export interface LoopParts {
  readonly collector: Collector;
  readonly scorer: Scorer;
  readonly estimator: Estimator;
  readonly updater: Updater;
  readonly evaluator: Evaluator;
  readonly recorder: Recorder;
  readonly checkpointer: Checkpointer;
}
