/** Whether two sides compute the same: asked before they are timed. */

/**
 * Most that both may differ by. The loss in nats: sums of thousands of products in f32, in another order. Norms
 * relative: AdamW's first step is the sign of a gradient, which rounding flips where it is next to 0. Log-probabilities
 * in nats: those of PyTorch were within 2e-6, those of llama.cpp, whose attention rounds more, within 1.4e-3 over 8
 * blocks; other weights or another position are off by a tenth and more.
 */
export const tolerances = { loss: 1e-4, gradNorm: 1e-3, moved: 1e-2, logprobs: 1e-2 };

/**
 * Undefined if they agree, else what differs.
 * @param {{ readonly loss: number, readonly gradNorm: number, readonly moved: number }} ours
 * @param {{ readonly loss: number, readonly gradNorm: number, readonly moved: number }} theirs
 */
export function trainingDifference(ours, theirs) {
  const differences = {
    loss: Math.abs(ours.loss - theirs.loss),
    gradNorm: Math.abs(ours.gradNorm / theirs.gradNorm - 1),
    moved: Math.abs(ours.moved / theirs.moved - 1),
  };
  for (const name of /** @type {const} */ (['loss', 'gradNorm', 'moved']))
    if (!(differences[name] <= tolerances[name]))
      return `not the same work: ${name} is ${ours[name]} here and ${theirs[name]} there`;
  return undefined;
}

/**
 * Undefined if they agree, else what differs.
 * @param {readonly number[]} ours
 * @param {readonly number[]} theirs
 */
export function samplingDifference(ours, theirs) {
  const largest = Math.max(...ours.map((logprob, i) => Math.abs(logprob - (theirs[i] ?? NaN))));
  return ours.length === theirs.length && largest <= tolerances.logprobs
    ? undefined
    : `not the same work: log-probabilities differ by ${largest}`;
}

/**
 * Asks both sides for the same and compares.
 * @param {import('./workers.mjs').Worker} ours
 * @param {import('./workers.mjs').Worker} peer
 * @param {{ readonly ours: any, readonly theirs: any }} requests
 * @returns {Promise<string | undefined>}
 */
export async function agree(ours, peer, { ours: request, theirs }) {
  if (request.command !== 'sample')
    return trainingDifference(
      await ours.ask({ ...request, command: 'checkTraining' }),
      await peer.ask({ ...theirs, command: 'checkTraining' }),
    );
  const { tokens, logprobs } = await ours.ask({ ...request, command: 'checkSampling', responseLength: 16 });
  return samplingDifference(logprobs, (await peer.ask({ ...theirs, command: 'score', tokens })).logprobs);
}
