import { invalidStep } from './errors.js';

/** How the learning rate depends on the number of the optimizer step. */
export type Schedule =
  | { readonly type: 'constant'; readonly peak: number; readonly warmupSteps: number }
  | {
      readonly type: 'linear';
      readonly peak: number;
      readonly warmupSteps: number;
      /** Steps after warm-up in which the rate goes from the peak to `final`. */
      readonly decaySteps: number;
      readonly final: number;
    }
  | {
      readonly type: 'cosine';
      readonly peak: number;
      readonly warmupSteps: number;
      readonly totalSteps: number;
      /** Final share of the peak. */
      readonly floor: number;
    };

/**
 * Learning rate of optimizer step `step`, counted from 1.
 *
 *     step ≤ W:   peak · step / W
 *     constant:   peak
 *     linear:     peak + (final − peak) · (step − W) / decay, then final
 *     cosine:     peak · (floor + (1 − floor) · (1 + cos(π (step − W) / (total − W))) / 2), then peak · floor
 *
 * ORZ trains with `constant` after 50 optimizer steps of warm-up, and anneals with `linear` (paper §3.1); `cosine` is
 * for supervised pre-training of small base models. Departure: the reference's scheduler starts at 0, so that its first
 * update changes nothing; here step 1 already moves by peak / W and step W by the full peak.
 */
export function learningRateAt(schedule: Schedule, step: number): number {
  if (!Number.isInteger(step) || step < 1) throw invalidStep(step);
  const { peak, warmupSteps } = schedule;
  if (step <= warmupSteps) return (peak * step) / warmupSteps;
  if (schedule.type === 'constant') return peak;
  if (schedule.type === 'linear') {
    const { final, decaySteps } = schedule;
    return step - warmupSteps >= decaySteps ? final : peak + ((final - peak) * (step - warmupSteps)) / decaySteps;
  }
  const share = Math.min(1, (step - warmupSteps) / Math.max(1, schedule.totalSteps - warmupSteps));
  return peak * (schedule.floor + ((1 - schedule.floor) * (1 + Math.cos(Math.PI * share))) / 2);
}
