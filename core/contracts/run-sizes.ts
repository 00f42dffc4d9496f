/** What decides how much a run writes, for providers that estimate it for the plan. */
export interface RunSizes {
  readonly iterations: number;
  /** Responses of one iteration: prompts times samples. */
  readonly responses: number;
  readonly maxResponseTokens: number;
  /** Evaluations of the run times held-out sets. */
  readonly evaluations: number;
}
