import { OrzError } from '../../core/errors.js';
import { formatType, type TensorType } from '../../core/compute/tensor/types.js';

/** For a program that cannot be submitted to this backend (any more). */
export const unusableProgram = (label: string): OrzError =>
  new OrzError('ORZ_PROGRAM_INPUT', `Program "${label}" was released, or belongs to another backend`, {
    value: label,
    remedy: 'Compile it on the backend it is submitted to, and release it after its last use.',
  });

export const foreignBuffer = (): OrzError =>
  new OrzError('ORZ_PROGRAM_INPUT', 'A buffer belongs to another backend', {
    remedy: 'Create it on the backend that uses it.',
  });

/** For a dead buffer; `cause` completes "was …". */
export const consumedBuffer = (type: TensorType, cause: string): OrzError =>
  new OrzError('ORZ_BUFFER_CONSUMED', `A buffer ${formatType(type)} was ${cause} and cannot be used any more`, {
    value: formatType(type),
    remedy: 'Use the output that replaces a donated input.',
  });

export const missingResult = (label: string, output: string): OrzError =>
  new OrzError('ORZ_INTERNAL', `The interpreter gave no result for output "${output}" of program "${label}"`, {
    value: output,
    remedy: 'Report it with the message and the command you ran.',
  });
