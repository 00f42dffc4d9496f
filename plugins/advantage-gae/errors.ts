import { OrzError } from '../../core/errors.js';

/** The batch of a run without a critic. */
export const missingValues = (): OrzError =>
  new OrzError('ORZ_CAPABILITY', 'The advantage "gae" needs the values of a critic, and the batch has none', {
    origin: 'advantage',
    remedy: 'Train with a critic, or choose a critic-free advantage such as "group".',
  });
