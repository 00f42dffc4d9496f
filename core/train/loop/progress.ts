import type { Evaluation, TrainedRole } from '../../contracts/loop.js';
import type { RewardPool } from '../../contracts/reward-pool.js';
import { healthyStart, type HealthState } from '../diagnostics/health.js';
import type { RunState } from '../state/state.js';

export type RewardIncidents = RewardPool['stats'];

/** Progress of a run: everything that changes during it except the models, earlier processes included. */
export class Progress {
  /** Iterations completed. */
  iteration: number;
  /** Iterations completed when the latest checkpoint was begun. */
  saved: number;
  /** Problems taken from the training set: the position in its order. */
  problems: number;
  /** Controls of each loss for the next iteration; empty before the first one. */
  readonly controls: Record<TrainedRole, Readonly<Record<string, number>>>;
  /** Optimizer steps taken by each model: the position in the learning-rate schedules. */
  readonly steps: Record<TrainedRole, number>;
  health: HealthState;
  /** Held-out results before the first iteration and after the last one. */
  before: Evaluation | undefined;
  after: Evaluation | undefined;

  /**
   * @param earlier the state of the checkpoint that is resumed, if there is one
   * @param current what this process has spent so far
   */
  constructor(
    private readonly earlier: RunState | undefined,
    private readonly current: { readonly seconds: () => number; readonly incidents: () => RewardIncidents },
  ) {
    this.iteration = this.saved = earlier?.iteration ?? 0;
    this.problems = earlier?.problemsTaken ?? 0;
    this.controls = { ...(earlier?.controls ?? { policy: {}, critic: {} }) };
    this.steps = { ...(earlier?.steps ?? { policy: 0, critic: 0 }) };
    this.health = earlier?.health ?? healthyStart;
    this.before = earlier?.before;
    this.after = earlier?.after;
  }

  /** Seconds since the run began. */
  get seconds(): number {
    return (this.earlier?.seconds ?? 0) + this.current.seconds();
  }

  /** Grading incidents since the run began. */
  get rewardIncidents(): RewardIncidents {
    const { timeouts, crashes, retries } = this.current.incidents();
    const before = this.earlier?.rewardPool ?? { timeouts: 0, crashes: 0, retries: 0 };
    return {
      timeouts: before.timeouts + timeouts,
      crashes: before.crashes + crashes,
      retries: before.retries + retries,
    };
  }
}
