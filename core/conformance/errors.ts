import { OrzError } from '../errors.js';

/**
 * The implementation under test lacks a property of its contract; `problem` says how, as a clause without a full stop.
 */
export const notConforming = (problem: string, value?: unknown): OrzError =>
  new OrzError('ORZ_PLUGIN_INVALID', `The implementation does not conform: ${problem}`, {
    ...(value === undefined ? {} : { value }),
    origin: 'conformance suite',
    remedy: 'Change the implementation until it has this property; the contract says why it is needed.',
  });
