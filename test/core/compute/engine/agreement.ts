import type { AgreementOptions } from '../../../../core/conformance/backend-agreement.js';
import { createAdamW } from '../../../../plugins/optimizer-adamw/plugin.js';
import { createPpoClip } from '../../../../plugins/loss-ppo/plugin.js';
import { createValueLoss } from '../../../../plugins/loss-value/plugin.js';
import { startReference } from './support.js';

/** The recipe's losses and optimizer, compared with the reference backend. */
export const recipeAgreement = (create: AgreementOptions['create'], tolerance: number): AgreementOptions =>
  // An epsilon far above rounding, so that AdamW does not turn the sign of a vanishing gradient into a full step.
  ({
    create,
    tolerance,
    createReference: startReference,
    policyLoss: createPpoClip(),
    valueLoss: createValueLoss(),
    optimizer: createAdamW({ epsilon: 1e-4 }),
  });
