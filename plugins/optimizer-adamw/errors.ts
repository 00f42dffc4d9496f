import { OrzError } from '../../core/errors.js';

/** The engine did not pass the state that the optimizer declares. */
export const missingState = (given: readonly string[]): OrzError =>
  new OrzError('ORZ_INTERNAL', 'The optimizer "adamw" got no state m and v', {
    value: given,
    allowed: ['m', 'v'],
    origin: 'optimizer',
    remedy: 'Pass one tensor for each name in `state`.',
  });
