import { describeValue } from '../../boundary/safe-text.js';
import { nearest, OrzError } from '../../errors.js';
import { formatShape, formatType, sizeOf, type DType, type Shape, type TensorData, type TensorType } from './types.js';

/** Errors of building, differentiating and checking tensor programs. Callers throw what these return. */

const positiveExtents = 'positive integers';
const dataOf = (dtype: DType): string => (dtype === 'i32' ? 'Int32Array' : 'Float32Array');
const call = (op: string, inputs: readonly TensorType[]): string => `${op}(${inputs.map(formatType).join(', ')})`;

/** The shapes of an operation's inputs do not fit; `expected` says what would. */
export const shapeMismatch = (op: string, inputs: readonly TensorType[], expected: string): OrzError =>
  new OrzError('ORZ_GRAPH_SHAPE', `${call(op, inputs)}: expected ${expected}`, { allowed: expected });

/** An input of an operation that takes one dtype has another. */
export const dtypeMismatch = (op: string, inputs: readonly TensorType[], expected: DType, found: DType): OrzError =>
  new OrzError('ORZ_GRAPH_DTYPE', `${call(op, inputs)}: expected ${expected}`, { value: found, allowed: expected });

/** bf16 is how numbers are stored; nothing is computed in it. */
export const bf16Operand = (op: string, inputs: readonly TensorType[]): OrzError =>
  new OrzError('ORZ_GRAPH_DTYPE', `${call(op, inputs)}: a tensor of bf16 can only be stored and converted`, {
    remedy: 'Convert it with `fromBf16` first.',
  });

/** Two operands whose dtypes an operation cannot combine. */
export const operandDTypes = (op: string, a: TensorType, b: TensorType, allowed: string): OrzError =>
  new OrzError('ORZ_GRAPH_DTYPE', `${op} of ${a.dtype} and ${b.dtype} is not defined`, { allowed });

export const numbersOnly = (operands: readonly unknown[]): OrzError =>
  new OrzError('ORZ_GRAPH_INVALID', 'An operation needs at least one tensor', { value: operands });

export const notATensor = (op: string, operand: unknown, position: number): OrzError =>
  new OrzError('ORZ_GRAPH_INVALID', `${op}: operand ${position + 1} is ${describeValue(operand)}, no tensor`);

export const wrongRank = (t: TensorType, rank: number): OrzError =>
  new OrzError('ORZ_GRAPH_SHAPE', `A tensor ${formatType(t)} does not have ${rank} axes`, { allowed: `rank ${rank}` });

export const noAxis = (t: TensorType, axis: number): OrzError =>
  new OrzError('ORZ_GRAPH_SHAPE', `A tensor ${formatType(t)} has no axis ${axis}`, { value: axis });

export const missingAttribute = (name: string, kind: string, value: unknown): OrzError =>
  new OrzError('ORZ_GRAPH_INVALID', `The attribute "${name}" of an operation is not ${kind}`, { value, allowed: kind });

/** An operation mixes tensors of two graphs. */
export const foreignInput = (op: string, owner: string, graph: string): OrzError =>
  new OrzError('ORZ_GRAPH_INVALID', `${op}: an input belongs to graph "${owner}", not to "${graph}"`);

export const duplicateName = (kind: 'input' | 'output', name: string, graph: string): OrzError =>
  new OrzError('ORZ_GRAPH_INVALID', `Graph "${graph}" already has an ${kind} "${name}"`);

export const constantSize = (count: number, shape: Shape): OrzError =>
  new OrzError('ORZ_GRAPH_SHAPE', `A constant of ${count} values does not fill shape ${formatShape(shape)}`);

export const notAnI32 = (value: number): OrzError =>
  new OrzError('ORZ_GRAPH_DTYPE', `${value} is not an i32`, {
    value,
    allowed: 'integers of 32 bits',
    remedy: 'Cast the tensor to f32 first.',
  });

export const boolOutput = (name: string, graph: string): OrzError =>
  new OrzError('ORZ_GRAPH_DTYPE', `Output "${name}" of graph "${graph}" is bool`, {
    allowed: ['f32', 'i32'],
    remedy: 'Cast it to f32 or i32.',
  });

export const invalidExtent = (shape: Shape, extent: number): OrzError =>
  new OrzError('ORZ_GRAPH_SHAPE', `Shape ${formatShape(shape)} has the extent ${extent}`, {
    value: extent,
    allowed: positiveExtents,
  });

export const lossNotScalar = (shape: Shape): OrzError =>
  new OrzError('ORZ_GRAPH_SHAPE', `The loss must be a scalar, not of shape ${formatShape(shape)}`, {
    remedy: 'Sum it.',
  });

export const noGradient = (op: string): OrzError =>
  new OrzError('ORZ_GRAPH_NO_GRADIENT', `The operation "${op}" has no gradient`, {
    remedy: 'Put stopGradient around its input, or define a gradient.',
  });

/** The interpreter met a primitive that it has no kernel for. */
export const unknownOperation = (graph: string, op: string, known: readonly string[]): OrzError =>
  new OrzError('ORZ_GRAPH_INVALID', `Graph "${graph}" contains the unknown operation "${op}"`, {
    value: op,
    allowed: known,
    remedy: 'Define it in terms of these (`decompose`).',
  });

/** Values given to the interpreter do not fill an input; `count` is undefined when there are none. */
export const inputSize = (
  graph: string,
  input: TensorType & { readonly name: string },
  count: number | undefined,
  known: readonly string[],
): OrzError =>
  new OrzError(
    'ORZ_PROGRAM_INPUT',
    `Graph "${graph}": input "${input.name}" ${formatType(input)} needs ${sizeOf(input.shape)} values, ` +
      `not ${count ?? 'none'}`,
    { value: input.name, allowed: known },
  );

export const unknownGraphInput = (graph: string, name: string, known: readonly string[]): OrzError =>
  new OrzError('ORZ_PROGRAM_INPUT', `Graph "${graph}" has no input "${name}"`, { value: name, allowed: known });

export const idOutOfRange = (op: string, id: number, limit: number): OrzError =>
  new OrzError('ORZ_PROGRAM_INPUT', `${op}: an id is out of range`, { value: id, allowed: `0 … ${limit - 1}` });

export const noOutputs = (program: string): OrzError =>
  new OrzError('ORZ_GRAPH_INVALID', `Program "${program}" has no outputs`, {
    remedy: 'Name at least one with graph.output.',
  });

export const boolInput = (program: string, name: string): OrzError =>
  new OrzError('ORZ_GRAPH_DTYPE', `Program "${program}": input "${name}" is bool`, {
    value: name,
    allowed: ['f32', 'i32'],
  });

/** A binding or a donation names no input of the program; `what` completes the sentence `Program "…" …`. */
export function unknownProgramInput(program: string, what: string, name: string, known: readonly string[]): OrzError {
  const near = nearest(name, known);
  return new OrzError('ORZ_PROGRAM_INPUT', `Program "${program}" ${what} "${name}"`, {
    value: name,
    allowed: known,
    ...(near !== undefined && { remedy: `Did you mean "${near}"?` }),
  });
}

export const unboundInput = (
  program: string,
  input: TensorType & { readonly name: string },
  known: readonly string[],
): OrzError =>
  new OrzError('ORZ_PROGRAM_INPUT', `Program "${program}": input "${input.name}" is missing`, {
    value: input.name,
    allowed: known,
    remedy: `Bind a buffer of type ${formatType(input)}.`,
  });

/** A donated buffer is bound a second time: the other input would read memory that is being overwritten. */
export const sharedDonation = (program: string, first: string, second: string): OrzError =>
  new OrzError(
    'ORZ_PROGRAM_INPUT',
    `Program "${program}": inputs "${first}" and "${second}" share a buffer, and one of them is donated`,
    { value: second, remedy: 'Bind a copy, or do not donate.' },
  );

export const deadBuffer = (program: string, input: string): OrzError =>
  new OrzError(
    'ORZ_BUFFER_CONSUMED',
    `Program "${program}": the buffer for input "${input}" was released, or donated to a program`,
    { value: input, remedy: 'Use the output that replaces a donated input.' },
  );

export const wrongBufferType = (
  program: string,
  input: TensorType & { readonly name: string },
  found: TensorType,
): OrzError =>
  new OrzError(
    'ORZ_PROGRAM_INPUT',
    `Program "${program}": input "${input.name}" takes ${formatType(input)}, not ${formatType(found)}`,
    { value: formatType(found), allowed: formatType(input) },
  );

export const boolBuffer = (): OrzError =>
  new OrzError('ORZ_GRAPH_DTYPE', 'A buffer cannot be bool', { value: 'bool', allowed: ['f32', 'i32'] });

export const contentsSize = (type: TensorType, count: number): OrzError =>
  new OrzError('ORZ_GRAPH_SHAPE', `${count} values do not fill a buffer ${formatType(type)}`, {
    value: count,
    allowed: String(sizeOf(type.shape)),
  });

export const wrongArrayType = (type: TensorType, data: TensorData): OrzError =>
  new OrzError('ORZ_GRAPH_DTYPE', `${data.constructor.name} cannot be written to a buffer ${formatType(type)}`, {
    value: data.constructor.name,
    allowed: dataOf(type.dtype),
  });

export const writeOutOfRange = (type: TensorType, count: number, offset: number): OrzError =>
  new OrzError('ORZ_GRAPH_SHAPE', `${count} values from element ${offset} on do not fit a buffer ${formatType(type)}`, {
    value: offset,
    allowed: `0 … ${sizeOf(type.shape) - count}`,
  });

/** A copy of a graph was asked for a tensor whose node it did not copy. */
export const unmappedTensor = (t: TensorType & { readonly node: { readonly id: number } }, graph: string): OrzError =>
  new OrzError('ORZ_INTERNAL', `Tensor ${formatType(t)} of node ${t.node.id} has no copy in graph "${graph}"`);

export const valueNotComputed = (t: TensorType & { readonly node: { readonly id: number } }): OrzError =>
  new OrzError('ORZ_INTERNAL', `Tensor ${formatType(t)} of node ${t.node.id} was read before it was computed`);
