import { OrzError } from '../../core/errors.js';
import { formatType, type TensorType } from '../../core/compute/tensor/types.js';
import type { Workgroups } from './lower/dispatch.js';

const report = 'Report it with the message and the command you ran.';

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

export const consumedBuffer = (type: TensorType): OrzError =>
  new OrzError('ORZ_BUFFER_CONSUMED', `A buffer ${formatType(type)} was released, or donated to a program`, {
    value: formatType(type),
    remedy: 'Use the output that replaces a donated input.',
  });

/** For an operation without kernels or expressions. */
export const unknownOperation = (name: string): OrzError =>
  new OrzError('ORZ_GRAPH_INVALID', `Unknown operation "${name}"`, {
    value: name,
    remedy: 'Define it in terms of the operations of core/compute/tensor (`decompose`).',
  });

export const notPointwise = (operation: string): OrzError =>
  new OrzError('ORZ_INTERNAL', `"${operation}" is not computed element by element`, {
    value: operation,
    remedy: report,
  });

/** For something that the lowering should have made before it was used. */
export const missing = (what: string): OrzError =>
  new OrzError('ORZ_INTERNAL', `The webgpu backend has not made ${what}`, { value: what, remedy: report });

/** What a kernel takes of a device, and what that has. */
export interface KernelDemand {
  readonly kernel: string;
  readonly program: string;
  readonly bindings: number;
  readonly workgroups: Workgroups;
  readonly maxBindings: number;
  readonly largestBuffer: number;
  readonly maxWorkgroups: number;
}

/** For a kernel that the device cannot dispatch. */
export const kernelTooLarge = (d: KernelDemand): OrzError =>
  new OrzError(
    'ORZ_INSUFFICIENT',
    `The kernel "${d.kernel}" of program "${d.program}" needs ${d.bindings} buffers ` +
      `and ${d.workgroups.join(' × ')} workgroups`,
    {
      value: d.bindings,
      allowed:
        `at most ${d.maxBindings} buffers of ${d.largestBuffer} bytes, ` +
        `and ${d.maxWorkgroups} workgroups along an axis`,
      origin: 'webgpu device limits',
      remedy: 'Lower engine.microBatchTokens, choose a smaller model, or use a device with larger buffers.',
    },
  );
