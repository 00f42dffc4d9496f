import { belongsTo, partOf } from '../../boundary/part.js';
import { inject, injectable } from '../../container/inject.js';
import { add } from '../../compute/tensor/ops.js';
import { contractTokens } from '../../contracts/contract-tokens.js';
import type { EntropyTerm } from '../../contracts/entropy.js';
import type { KlRegularizer } from '../../contracts/kl.js';
import type { Objectives, TrainedRole } from '../../contracts/loop.js';
import type { Loss, LossControls } from '../../contracts/loss.js';
import { controlNameTaken } from './errors.js';

/** The losses of the configuration. */
@injectable()
export class ConfiguredObjectives implements Objectives {
  readonly losses: Readonly<Record<TrainedRole, Loss>>;

  constructor(
    @inject(contractTokens.policyLoss.symbol) policyLoss: Loss,
    @inject(contractTokens.valueLoss.symbol) valueLoss: Loss,
    @inject(contractTokens.kl.symbol) kl: KlRegularizer,
    @inject(contractTokens.entropy.symbol) entropy: EntropyTerm,
  ) {
    this.losses = { policy: withEntropyTerm(withKlTerm(policyLoss, kl), entropy), critic: valueLoss };
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
