import { belongsTo, partOf } from '../../boundary/part.js';
import { inject, injectable } from '../../container/inject.js';
import { add } from '../../compute/tensor/ops.js';
import { contractTokens } from '../../contracts/contract-tokens.js';
import type { KlRegularizer } from '../../contracts/kl.js';
import type { Objectives, TrainedRole } from '../../contracts/loop.js';
import type { Loss } from '../../contracts/loss.js';

/** The losses of the configuration. */
@injectable()
export class ConfiguredObjectives implements Objectives {
  readonly losses: Readonly<Record<TrainedRole, Loss>>;

  constructor(
    @inject(contractTokens.policyLoss.symbol) policyLoss: Loss,
    @inject(contractTokens.valueLoss.symbol) valueLoss: Loss,
    @inject(contractTokens.kl.symbol) kl: KlRegularizer,
  ) {
    this.losses = { policy: withKlTerm(policyLoss, kl), critic: valueLoss };
  }
}

/** The policy loss plus the term of the regularizer, if it has one; the term is reported as `klLoss`. */
function withKlTerm(policyLoss: Loss, kl: KlRegularizer): Loss {
  const { loss } = kl;
  if (!loss) return policyLoss;
  const klSettings = Object.entries(kl.settings).map(([name, value]) => [`kl ${name}`, value] as const);
  const part = partOf(policyLoss);
  const withTerm: Loss = {
    name: `${policyLoss.name} with ${kl.name}`,
    settings: { ...policyLoss.settings, ...Object.fromEntries(klSettings) },
    build: (g, t) => {
      const policy = policyLoss.build(g, t);
      const term = loss.call(kl, g, t);
      return { loss: add(policy.loss, term), metrics: { ...policy.metrics, klLoss: term } };
    },
  };
  return part === undefined ? withTerm : belongsTo(withTerm, part);
}
