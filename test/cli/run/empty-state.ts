import type { RunState } from '../../../core/train/state/state.js';

/** The state of a run that has done nothing yet. */
export const emptyState: RunState = {
  format: 1,
  iteration: 0,
  problemsTaken: 0,
  controls: { policy: {}, critic: {} },
  steps: { policy: 0, critic: 0 },
  versions: { policy: 1 },
  rewardPool: { timeouts: 0, crashes: 0, retries: 0 },
  seconds: 0,
  problems: '',
  config: { iterations: 1 } as RunState['config'],
  files: { appended: {}, written: [] },
  sinks: [],
  health: { streaks: {}, entropyPeak: 0, norms: {}, incidents: 0 },
  reward: null,
};
