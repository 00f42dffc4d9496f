/**
 * Corrects the policy gradient for a sampler whose distribution is not quite that of the policy it samples for: in
 * another precision, with quantised weights, on another machine.
 */
export interface SamplerCorrection {
  readonly name: string;
  /**
   * Factors of the loss weights of one response, [T], finite and not negative, from the log-probabilities [T] of its
   * tokens under the policy when the batch was collected and under the sampler. A factor of 0 leaves the token out
   * of the policy loss altogether, sums over its sequence included. Absent: no correction. Must be pure.
   */
  factors?(oldLogprobs: Float32Array, samplerLogprobs: Float32Array): Float32Array;
}
