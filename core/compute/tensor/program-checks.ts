import type { CompileOptions, DeviceBuffer, TensorSpec } from '../../contracts/backend.js';
import { nearest, OrzError } from '../../errors.js';
import type { Graph, Tensor } from './graph.js';
import { formatType, sameShape, sizeOf, type DType, type Shape, type TensorData, type TensorType } from './types.js';

/** Checks that every backend owes its users, written once: what a program takes, and what a buffer can hold. */

/** What a compiled graph takes and returns. */
export interface ProgramSignature {
  readonly label: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Names of the inputs that `submit` consumes. */
  readonly donated: ReadonlySet<string>;
}

/**
 * The signature of a graph, all declared inputs included. Throws ORZ_GRAPH_INVALID if it has no output, ORZ_GRAPH_DTYPE for a
 * bool input (buffers hold f32 or i32), and ORZ_PROGRAM_INPUT if a donation names no input.
 */
export function programSignature(graph: Graph, options: CompileOptions): ProgramSignature {
  const { label } = options;
  const spec = ([name, t]: readonly [string, Tensor]): TensorSpec => ({ name, shape: t.shape, dtype: t.dtype });
  const inputs = [...graph.inputs].map(spec),
    outputs = [...graph.outputs].map(spec);
  if (outputs.length === 0)
    throw new OrzError('ORZ_GRAPH_INVALID', `program "${label}" has no outputs`, {
      remedy: 'name at least one with graph.output',
    });
  const bool = inputs.find((input) => input.dtype === 'bool');
  if (bool)
    throw new OrzError('ORZ_GRAPH_DTYPE', `program "${label}": input "${bool.name}" is bool`, {
      value: bool.name,
      allowed: ['f32', 'i32'],
    });
  const unknown = options.donate?.find((name) => !graph.inputs.has(name));
  if (unknown !== undefined) throw unknownInput(label, unknown, inputs, 'cannot donate');
  return { label, inputs, outputs, donated: new Set(options.donate) };
}

/**
 * Throws unless `bindings` names every input exactly once with a live buffer of its type: ORZ_PROGRAM_INPUT for a missing,
 * unknown or ill-fitting one, and for a donated buffer that is bound a second time (the other input would read memory that
 * is being overwritten); ORZ_BUFFER_CONSUMED for a dead one. Nothing is consumed when this throws.
 */
export function checkBindings(signature: ProgramSignature, bindings: Readonly<Record<string, DeviceBuffer>>): void {
  const { label, inputs, donated } = signature;
  const unknown = Object.keys(bindings).find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined) throw unknownInput(label, unknown, inputs, 'has no input');
  const bound = new Map<DeviceBuffer, string>();
  for (const input of inputs) {
    const buffer = bindings[input.name];
    if (!buffer) {
      throw new OrzError('ORZ_PROGRAM_INPUT', `program "${label}": input "${input.name}" is missing`, {
        value: input.name,
        allowed: inputs.map((i) => i.name),
        remedy: `bind a buffer of type ${formatType(input)}`,
      });
    }
    checkFit(label, input, buffer);
    const first = bound.get(buffer);
    if (first !== undefined && (donated.has(first) || donated.has(input.name))) {
      throw new OrzError(
        'ORZ_PROGRAM_INPUT',
        `program "${label}": inputs "${first}" and "${input.name}" share a buffer, and one of them is donated`,
        { value: input.name, remedy: 'bind a copy, or do not donate' },
      );
    }
    bound.set(buffer, input.name);
  }
}

function checkFit(label: string, input: TensorSpec, buffer: DeviceBuffer): void {
  if (!buffer.alive) {
    throw new OrzError(
      'ORZ_BUFFER_CONSUMED',
      `program "${label}": the buffer for input "${input.name}" was released, or donated to a program`,
      { value: input.name, remedy: 'use the output that replaces a donated input' },
    );
  }
  if (buffer.dtype !== input.dtype || !sameShape(buffer.shape, input.shape)) {
    throw new OrzError(
      'ORZ_PROGRAM_INPUT',
      `program "${label}": input "${input.name}" takes ${formatType(input)}, not ${formatType(buffer)}`,
      { value: formatType(buffer), allowed: formatType(input) },
    );
  }
}

function unknownInput(label: string, name: string, inputs: readonly TensorSpec[], what: string): OrzError {
  const allowed = inputs.map((input) => input.name),
    near = nearest(name, allowed);
  return new OrzError('ORZ_PROGRAM_INPUT', `program "${label}" ${what} "${name}"`, {
    value: name,
    allowed,
    ...(near !== undefined && { remedy: `did you mean "${near}"?` }),
  });
}

/** Throws unless a buffer can have this type: ORZ_GRAPH_DTYPE for bool, ORZ_GRAPH_SHAPE for extents that are no positive integers. */
export function checkBufferType(shape: Shape, dtype: DType): void {
  if (dtype === 'bool')
    throw new OrzError('ORZ_GRAPH_DTYPE', 'a buffer cannot be bool', { value: dtype, allowed: ['f32', 'i32'] });
  const bad = shape.find((extent) => !Number.isInteger(extent) || extent < 1);
  if (bad !== undefined)
    throw new OrzError('ORZ_GRAPH_SHAPE', `a buffer of shape [${shape.join(', ')}] has the extent ${bad}`, {
      value: bad,
      allowed: 'positive integers',
    });
}

/** Throws unless `data` fits a whole buffer of this type: ORZ_GRAPH_DTYPE or ORZ_GRAPH_SHAPE. */
export function checkContents(type: TensorType, data: TensorData): void {
  checkWrite(type, data, 0);
  if (data.length !== sizeOf(type.shape))
    throw new OrzError('ORZ_GRAPH_SHAPE', `${data.length} values do not fill a buffer ${formatType(type)}`, {
      value: data.length,
      allowed: String(sizeOf(type.shape)),
    });
}

/** Throws unless `data` can be written into a buffer from element `offset` on: ORZ_GRAPH_DTYPE or ORZ_GRAPH_SHAPE. */
export function checkWrite(type: TensorType, data: TensorData, offset: number): void {
  if (!(data instanceof (type.dtype === 'f32' ? Float32Array : Int32Array))) {
    throw new OrzError(
      'ORZ_GRAPH_DTYPE',
      `${data.constructor.name} cannot be written to a buffer ${formatType(type)}`,
      { value: data.constructor.name, allowed: type.dtype === 'f32' ? 'Float32Array' : 'Int32Array' },
    );
  }
  const size = sizeOf(type.shape);
  if (!Number.isInteger(offset) || offset < 0 || offset + data.length > size) {
    throw new OrzError(
      'ORZ_GRAPH_SHAPE',
      `${data.length} values from element ${offset} on do not fit a buffer ${formatType(type)}`,
      { value: offset, allowed: `0 … ${size - data.length}` },
    );
  }
}
