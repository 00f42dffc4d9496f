import * as z from 'zod';
import type { Loss } from '../../core/contracts/loss.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import type { Tensor } from '../../core/compute/tensor/graph.js';
import { abs, add, and, cast, clip, less, maximum, mul, sub, sum } from '../../core/compute/tensor/ops.js';

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
});

/**
 * Squared error of the values V against the returns R, optionally clipped around the old values V_old:
 *
 *     Σ w · ½ max((V − R)², (V_old + clip(V − V_old, −ε, ε) − R)²)        or        Σ w · ½ (V − R)²
 *
 * Source: ORZ paper eq. 2 (no clip); released code `ValueLoss` (clip 0.2), after OpenAI baselines. Metrics, all Σ w ·
 * quantity:
 *
 * - `valueError`: (V − R)², neither clipped nor halved.
 * - `valueClipFraction`: tokens whose clipped error is the larger one and so decides; they get no gradient. Only with
 *   a clip.
 */
export function createValueLoss(settings: z.input<typeof valueSettings> = {}): Loss {
  const { valueClipEps } = valueSettings.parse(settings);
  return {
    name: 'value',
    settings: valueClipEps === null ? {} : { valueClipEps },
    build(_g, t) {
      const weighted = (x: Tensor): Tensor => sum(mul(t.weights, x));
      const plain = square(sub(t.values, t.returns));
      if (valueClipEps === null) return { loss: mul(weighted(plain), 0.5), metrics: { valueError: weighted(plain) } };
      const moved = sub(t.values, t.oldValues);
      const near = add(t.oldValues, clip(moved, -valueClipEps, valueClipEps));
      const clipped = square(sub(near, t.returns));
      // Inside the range both errors are equal up to rounding, so their order alone would count tokens that were not
      // clipped.
      const decided = and(less(valueClipEps, abs(moved)), less(plain, clipped));
      return {
        loss: mul(weighted(maximum(plain, clipped)), 0.5),
        metrics: { valueError: weighted(plain), valueClipFraction: weighted(cast(decided, 'f32')) },
      };
    },
  };
}

const square = (x: Tensor): Tensor => mul(x, x);

export default definePlugin({
  name: 'loss-value',
  provides: [
    provide('valueLoss', 'value', {
      description: 'Squared error of the values, clipped around the old values or not (ORZ: clip 0.2)',
      settings: valueSettings,
      create: createValueLoss,
    }),
  ],
});
