import { originOfPart } from '../../boundary/part.js';
import { lossInputMissing } from '../../compute/engine/errors.js';
import { tryLoss } from '../../compute/engine/host-loss.js';
import type { EngineDemands } from '../../contracts/engine.js';

const scores = { policy: ['logprobs', 'entropy'], critic: ['values'] } as const;
const slots = { policy: 'policyLoss', critic: 'valueLoss' } as const;

/**
 * Builds and differentiates the losses of a run once, for a single token, so that a broken one fails before anything
 * heavy starts. Throws what the plugin throws, and ORZ_CAPABILITY for a loss that reads what the run does not compute.
 */
export function tryLosses({ losses, roles }: Pick<EngineDemands, 'losses' | 'roles'>): void {
  const missing = [
    ...(roles.includes('reference') ? [] : ['refLogprobs']),
    ...(roles.includes('critic') ? [] : ['oldValues']),
  ];
  for (const role of ['policy', 'critic'] as const) {
    const loss = losses[role];
    const lacking = loss && tryLoss(loss, scores[role]).inputs.find((name) => missing.includes(name));
    if (loss && lacking !== undefined) throw lossInputMissing(loss.name, lacking, originOfPart(loss, slots[role]));
  }
}
