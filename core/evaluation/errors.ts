import { OrzError } from '../errors.js';

/** Statistics asked of data that cannot give them: a fault of the caller. */
export const statisticsInputError = (what: string, value: unknown): OrzError =>
  new OrzError('ORZ_INTERNAL', what, { value });
