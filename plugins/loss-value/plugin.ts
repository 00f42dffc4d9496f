import * as z from 'zod';
import type { Loss } from '../../core/contracts/loss.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import type { Tensor } from '../../core/compute/tensor/graph.js';
import { abs, add, and, cast, clip, less, maximum, minimum, mul, sub, sum } from '../../core/compute/tensor/ops.js';

export const valueSettings = z.strictObject({
  valueClipEps: z
    .number()
    .positive()
    .nullable()
    .default(0.2)
    .describe(
      'How far a value may move from its old value before its gradient is zero; null for no limit. ' +
        '0.2 in the released ORZ code, none in the paper',
    ),
  huberDelta: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Error above which the loss grows linearly, not with its square; null for the square alone, as in ORZ'),
});

/**
 * Squared error of the values V against the returns R, optionally clipped around the old values V_old:
 *
 *     Σ w · ½ max((V − R)², (V_old + clip(V − V_old, −ε, ε) − R)²)        or        Σ w · ½ (V − R)²
 *
 * With `huberDelta` δ the loss of Huber 1964 ("Robust estimation of a location parameter") takes the place of ½ e²: δ
 * (|e| − ½ δ) for an error |e| > δ, so that no return pulls with more than δ.
 *
 * Source: ORZ paper eq. 2 (no clip); released code `ValueLoss` (clip 0.2), after OpenAI baselines. Metrics, all Σ w ·
 * quantity:
 *
 * - `valueError`: (V − R)², neither clipped nor halved.
 * - `valueClipFraction`: tokens whose clipped error is the larger one and so decides; they get no gradient. Only with
 *   a clip.
 */
export function createValueLoss(settings: z.input<typeof valueSettings> = {}): Loss {
  const { valueClipEps, huberDelta } = valueSettings.parse(settings);
  const twiceLoss = huberDelta === null ? square : (error: Tensor) => twiceHuber(error, huberDelta);
  return {
    name: 'value',
    settings: { ...(valueClipEps !== null && { valueClipEps }), ...(huberDelta !== null && { huberDelta }) },
    build(_g, t) {
      const weighted = (x: Tensor): Tensor => sum(mul(t.weights, x));
      const error = sub(t.values, t.returns);
      const plain = twiceLoss(error);
      const valueError = weighted(square(error));
      if (valueClipEps === null) return { loss: mul(weighted(plain), 0.5), metrics: { valueError } };
      const moved = sub(t.values, t.oldValues);
      const near = add(t.oldValues, clip(moved, -valueClipEps, valueClipEps));
      const clipped = twiceLoss(sub(near, t.returns));
      // Inside the range both errors are equal up to rounding, so their order alone would count tokens that were not
      // clipped.
      const decided = and(less(valueClipEps, abs(moved)), less(plain, clipped));
      return {
        loss: mul(weighted(maximum(plain, clipped)), 0.5),
        metrics: { valueError, valueClipFraction: weighted(cast(decided, 'f32')) },
      };
    },
  };
}

const square = (x: Tensor): Tensor => mul(x, x);

/** With a = min(|e|, δ): a (2 |e| − a), which is e² up to δ and δ (2 |e| − δ) beyond. */
function twiceHuber(error: Tensor, delta: number): Tensor {
  const size = abs(error);
  const inner = minimum(size, delta);
  return mul(inner, sub(mul(size, 2), inner));
}

export default definePlugin({
  name: 'loss-value',
  provides: [
    provide('valueLoss', 'value', {
      description: 'Squared or Huber error of the values, clipped around the old values or not (ORZ: clip 0.2)',
      settings: valueSettings,
      create: createValueLoss,
    }),
  ],
});
