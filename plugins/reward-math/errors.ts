import type * as z from 'zod';
import { OrzError } from '../../core/errors.js';

/** For settings that do not exist or are out of range. */
export function unusableSettings(cause: z.ZodError, known: readonly string[]): OrzError {
  const [issue] = cause.issues;
  return new OrzError('ORZ_CONFIG_INVALID', `The math reward cannot use its settings: ${issue?.message}`, {
    origin: `reward settings, ${issue?.path.join('.') || 'top level'}`,
    allowed: known,
    remedy: 'See docs/reward.md for every setting and its default.',
    cause,
  });
}
