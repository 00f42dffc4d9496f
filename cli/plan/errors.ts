import { OrzError } from '../../core/errors.js';

/** A model source uses an engine although it was asked only for a description. */
export function engineInPlan(): OrzError {
  return new OrzError('ORZ_INTERNAL', 'A model was asked to describe itself and wanted an engine', {
    origin: 'plan',
    remedy: 'Report it to the author of the model source.',
  });
}
