/** One batch with everything that PPO and a critic read; see server.mjs. */
import { createRandom } from '../../dist/core/random.js';
import { lossWeights } from '../../dist/core/recipe/loss-weights.js';

/** Prompts and responses of many lengths; their number is no multiple of anything. */
const lengths = [
  [3, 7],
  [9, 2],
  [2, 30],
  [17, 1],
  [5, 40],
  [1, 12],
  [4, 4],
  [20, 25],
  [6, 13],
  [8, 48],
  [2, 5],
];

/**
 * Sequences of random tokens whose policy has moved since they were drawn, so that some ratios and values are clipped.
 * @param {import('../../dist/core/contracts/engine.js').Engine} engine its scores of now
 * @param {number} vocabSize
 * @returns {Promise<import('../../dist/core/contracts/model.js').TrainingSequence[]>}
 */
export async function exampleBatch({ policy, critic }, vocabSize) {
  const random = createRandom(1).stream('batch of a server');
  const plain = lengths.map(([prompt = 1, response = 1], s) => ({
    tokens: Int32Array.from({ length: prompt + response }, (_, t) => random.integer(vocabSize, s, t)),
    promptLength: prompt,
  }));
  const weights = lossWeights(
    'token-mean',
    lengths.map(([promptLength = 1, responseLength = 1]) => ({ promptLength, responseLength })),
  );
  const scores = await policy.forward(plain);
  const values = await critic?.forward(plain);
  return plain.map((sequence, s) => {
    const near = (/** @type {Float32Array | undefined} */ row, /** @type {number} */ deviation, what = 0) =>
      (row ?? new Float32Array()).map((x, t) => x + deviation * random.normalPair(s, t, what)[0]);
    const logprobs = scores[s]?.logprobs;
    const now = values?.[s]?.values;
    const zeros = new Float32Array(logprobs?.length ?? 0);
    return {
      ...sequence,
      weights: weights[s] ?? zeros,
      inputs: {
        oldLogprobs: near(logprobs, 0.3, 1),
        refLogprobs: near(logprobs, 0.3, 2),
        advantages: near(zeros, 1, 3),
        oldValues: near(now, 0.3, 4),
        returns: near(zeros, 1, 5),
      },
    };
  });
}
