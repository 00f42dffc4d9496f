import type { RunEvents } from './contracts/run-events.js';

/** Events that nobody listens to: for work that is over at once, such as a plan. */
export const silentEvents: RunEvents = {
  phase: () => ({ progress: () => undefined, end: () => undefined }),
  log: () => undefined,
};
