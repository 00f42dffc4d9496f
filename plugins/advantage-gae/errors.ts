import { OrzError } from '../../core/errors.js';

/** The batch of a run without a critic. */
export const missingValues = (): OrzError =>
  new OrzError('ORZ_CAPABILITY', 'The advantage "gae" needs the values of a critic, and the batch has none', {
    origin: 'advantage',
    remedy: 'Pass the values of a critic, or choose an advantage without one: advantage=group.',
  });
