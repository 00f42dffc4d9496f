import { belongsTo, partOf } from '../../boundary/part.js';
import { inject, injectable } from '../../container/inject.js';
import { abs, add, mul, stopGradient, sub, sum } from '../../compute/tensor/ops.js';
import type { Tensor } from '../../compute/tensor/graph.js';
import { configToken } from '../../config/config-token.js';
import type { RunConfig } from '../../config/schema.js';
import { contractTokens } from '../../contracts/contract-tokens.js';
import type { EntropyTerm } from '../../contracts/entropy.js';
import type { KlRegularizer } from '../../contracts/kl.js';
import type { Objectives, TrainedRole } from '../../contracts/loop.js';
import type { Loss, LossControls, LossTensors } from '../../contracts/loss.js';
import { controlNameTaken } from './errors.js';

/** The losses of the configuration. */
@injectable()
export class ConfiguredObjectives implements Objectives {
  readonly losses: Readonly<Record<TrainedRole, Loss>>;

  // eslint-disable-next-line @typescript-eslint/max-params -- injection gives one value a parameter
  constructor(
    @inject(contractTokens.policyLoss.symbol) policyLoss: Loss,
    @inject(contractTokens.valueLoss.symbol) valueLoss: Loss,
    @inject(contractTokens.kl.symbol) kl: KlRegularizer,
    @inject(contractTokens.entropy.symbol) entropy: EntropyTerm,
    @inject(configToken.symbol) { policyScorePass }: RunConfig,
  ) {
    const policy = withEntropyTerm(withKlTerm(policyLoss, kl), entropy);
    this.losses = { policy: policyScorePass ? policy : atOwnLogprobs(policy), critic: valueLoss };
  }
}

/** The policy loss plus the term of the regularizer, if it has one; the term is reported as `klLoss`. */
function withKlTerm(policyLoss: Loss, kl: KlRegularizer): Loss {
  const { name, settings, loss } = kl;
  if (!loss) return policyLoss;
  return withTerm(policyLoss, {
    ...{ name, settings, slot: 'kl' },
    build: (g, t) => {
      const term = loss.call(kl, g, t);
      return { loss: term, metrics: { klLoss: term } };
    },
  });
}

/** The policy loss plus the entropy term, if there is one. */
function withEntropyTerm(policyLoss: Loss, entropy: EntropyTerm): Loss {
  const { name, settings, controls, loss } = entropy;
  if (!loss) return policyLoss;
  const build: Loss['build'] = (g, t) => loss.call(entropy, g, t);
  return withTerm(policyLoss, { ...{ name, settings, slot: 'entropy', build }, ...(controls && { controls }) });
}

/** A loss plus a term with settings and controls of its own; `slot` tells its settings from those of the loss. */
function withTerm(base: Loss, term: Loss & { readonly slot: string }): Loss {
  const settings = Object.entries(term.settings).map(([name, value]) => [`${term.slot} ${name}`, value] as const);
  const controls = joinedControls(base, term);
  const part = partOf(base);
  const sum: Loss = {
    name: `${base.name} with ${term.slot} ${term.name}`,
    settings: { ...base.settings, ...Object.fromEntries(settings) },
    ...(controls && { controls }),
    build: (g, t) => {
      const [first, second] = [base.build(g, t), term.build(g, t)];
      return { loss: add(first.loss, second.loss), metrics: { ...first.metrics, ...second.metrics } };
    },
  };
  return part === undefined ? sum : belongsTo(sum, part);
}

/**
 * The loss of a single step without a score pass: the old log-probabilities are those of the step, so that every ratio
 * is exactly 1 and only its gradient is left. Reports what the score pass is otherwise good for: the entropy, and how
 * far the sampler was from the policy, both with the weights of the loss.
 */
function atOwnLogprobs(base: Loss): Loss {
  const part = partOf(base);
  const own: Loss = {
    ...base,
    name: `${base.name} at its own log-probabilities`,
    build: (g, t) => {
      const oldLogprobs = { get: () => stopGradient(t.logprobs) };
      const terms = base.build(g, Object.create(t, { oldLogprobs }) as LossTensors);
      const mean = (x: Tensor): Tensor => sum(mul(t.weights, stopGradient(x)));
      const measured = { entropy: mean(t.entropy), logprobGapMean: mean(abs(sub(t.logprobs, t.samplerLogprobs))) };
      return { loss: terms.loss, metrics: { ...terms.metrics, ...measured } };
    },
  };
  return part === undefined ? own : belongsTo(own, part);
}

/** The controls of both; each follows its own rule. Throws ORZ_PLUGIN_INVALID if both have one of the same name. */
function joinedControls(base: Loss, term: Loss): LossControls | undefined {
  const all = [base, term].flatMap(({ controls }) => (controls ? [controls] : []));
  const names = all.flatMap(({ start }) => Object.keys(start));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw controlNameTaken(twice, base.name, term.name);
  if (all.length === 0) return undefined;
  return {
    start: Object.assign({}, ...all.map(({ start }) => start)) as LossControls['start'],
    next: (current, metrics) =>
      Object.assign({}, ...all.map(({ next }) => next(current, metrics))) as LossControls['start'],
  };
}
