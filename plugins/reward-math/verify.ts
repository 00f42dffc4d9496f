import type { Verdict } from '../../core/contracts/data.js';
import type { MathRewardSettings } from './settings.js';

/** What the verifier found for one pair, and why. */
export interface Verification {
  readonly verdict: Extract<Verdict, 'correct' | 'wrong' | 'undecidable'>;
  /** Name of the rule that decided; docs/reward.md lists them. */
  readonly rule: string;
  readonly goldForm: string;
  readonly predictionForm: string;
}

/** Compares a gold answer with a predicted one, both bare LaTeX or text without box or dollars. */
export function verify(gold: string, prediction: string, _settings: MathRewardSettings): Verification {
  const goldForm = clean(gold);
  const predictionForm = clean(prediction);
  const numbers = [toNumber(goldForm), toNumber(predictionForm)] as const;
  const numeric = numbers[0] !== undefined && numbers[1] !== undefined;
  const equal = goldForm !== '' && (goldForm === predictionForm || (numeric && numbers[0] === numbers[1]));
  return { verdict: equal ? 'correct' : 'wrong', rule: numeric ? 'number' : 'text', goldForm, predictionForm };
}

function clean(text: string): string {
  return text.trim().replace(/^\$|\$$/g, '').replace(/\s+/g, ' ').trim();
}

function toNumber(text: string): string | undefined {
  const digits = /^([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d*))?$/.exec(text);
  if (!digits) return undefined;
  const whole = digits[2]!.replaceAll(',', '').replace(/^0+(?=\d)/, '');
  const fraction = (digits[3] ?? '').replace(/0+$/, '');
  const magnitude = fraction === '' ? whole : `${whole}.${fraction}`;
  return magnitude === '0' ? '0' : `${digits[1] === '-' ? '-' : ''}${magnitude}`;
}
