import type { Loss } from '../../contracts/loss.js';
import type { Optimizer } from '../../contracts/optimizer.js';
import { add, exp, mul, sub, sum } from '../../compute/tensor/ops.js';
import { requireDefined } from '../check.js';

/** Policy-gradient loss with a ratio, so that weights, advantages and old log-probabilities all matter. */
export const ratioLoss: Loss = {
  name: 'conformance ratio',
  settings: {},
  build: (_g, t) => ({
    loss: sum(mul(t.weights, mul(exp(sub(t.logprobs, t.oldLogprobs)), t.advantages))),
    metrics: { logprob: sum(mul(t.weights, t.logprobs)) },
  }),
};

/** The ratio of whole sequences, whose gradient at a token depends on all other tokens of its sequence. */
export const sequenceLoss: Loss = {
  name: 'conformance sequence ratio',
  settings: {},
  build: (_g, t) => {
    const ratio = exp(t.sequenceMean(sub(t.logprobs, t.oldLogprobs)));
    return { loss: sum(mul(t.weights, mul(ratio, t.advantages))) };
  },
};

/** Squared error of values. */
export const squareLoss: Loss = {
  name: 'conformance square',
  settings: {},
  build: (_g, t) => {
    const error = sub(t.values, t.returns);
    return { loss: sum(mul(t.weights, mul(error, error))) };
  },
};

/** Momentum without correction: an optimizer whose state decides every step but the first. */
export const momentum: Optimizer = {
  name: 'conformance momentum',
  settings: {},
  state: ['m'],
  build: (_g, t) => {
    const m = add(mul(requireDefined('the optimizer state m', t.state['m']), 0.9), mul(t.gradient, t.gradientScale));
    return { parameter: sub(t.parameter, mul(m, t.learningRate)), state: { m } };
  },
};
