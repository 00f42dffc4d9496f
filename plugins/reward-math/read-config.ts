import { unusableSettings } from './errors.js';
import { mathRewardSettings, type MathRewardSettings } from './settings.js';

/** Settings with defaults filled in; throws ORZ_CONFIG_INVALID naming what is wrong. */
export function parseSettings(settings: unknown): MathRewardSettings {
  const parsed = mathRewardSettings.safeParse(settings ?? {});
  if (parsed.success) return parsed.data;
  throw unusableSettings(parsed.error, Object.keys(mathRewardSettings.shape));
}
