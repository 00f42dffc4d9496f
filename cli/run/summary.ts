import type { Metrics } from '../../core/contracts/platform.js';
import type { Verdict } from '../../core/contracts/data.js';

/** A response shown to the user. */
export interface SampleAnswer { readonly prompt: string; readonly response: string; readonly verdict: Verdict }

/** What a run says when it ends. */
export interface RunSummary {
  /** Held-out metrics before the first and after the last iteration. */
  readonly before: Metrics;
  readonly after: Metrics;
  readonly samplesBefore: readonly SampleAnswer[];
  readonly samplesAfter: readonly SampleAnswer[];
  readonly runDir: string;
}
