import type { CompileOptions, DeviceBuffer, TensorSpec } from '../../contracts/backend.js';
import {
  boolBuffer,
  boolInput,
  contentsSize,
  deadBuffer,
  noOutputs,
  sharedDonation,
  unboundInput,
  unknownProgramInput,
  writeOutOfRange,
  wrongArrayType,
  wrongBufferType,
} from './errors.js';
import { checkExtents, type Graph, type Tensor } from './graph.js';
import { sameShape, sizeOf, type DType, type Shape, type TensorData, type TensorType } from './types.js';

/** Checks that every backend owes its users, written once: what a program takes, and what a buffer can hold. */

/** What a compiled graph takes and returns. */
export interface ProgramSignature {
  readonly label: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Names of the inputs that `submit` consumes. */
  readonly donated: ReadonlySet<string>;
}

const inputNames = (inputs: readonly TensorSpec[]): string[] => inputs.map(({ name }) => name);

/**
 * The signature of a graph, all declared inputs included. Throws ORZ_GRAPH_INVALID if it has no output, ORZ_GRAPH_DTYPE
 * for a bool input (no buffer holds it), and ORZ_PROGRAM_INPUT if a donation names no input.
 */
export function programSignature(graph: Graph, options: CompileOptions): ProgramSignature {
  const { label } = options;
  const spec = ([name, t]: readonly [string, Tensor]): TensorSpec => ({ name, shape: t.shape, dtype: t.dtype });
  const inputs = [...graph.inputs].map(spec),
    outputs = [...graph.outputs].map(spec);
  if (outputs.length === 0) throw noOutputs(label);
  const bool = inputs.find((input) => input.dtype === 'bool');
  if (bool) throw boolInput(label, bool.name);
  const unknown = options.donate?.find((name) => !graph.inputs.has(name));
  if (unknown !== undefined) throw unknownProgramInput(label, 'cannot donate', unknown, inputNames(inputs));
  return { label, inputs, outputs, donated: new Set(options.donate) };
}

/**
 * Throws unless `bindings` names every input exactly once with a live buffer of its type: ORZ_PROGRAM_INPUT for a
 * missing, unknown or ill-fitting one, and for a donated buffer that is bound a second time (the other input would read
 * memory that is being overwritten); ORZ_BUFFER_CONSUMED for a dead one. Nothing is consumed when this throws.
 */
export function checkBindings(signature: ProgramSignature, bindings: Readonly<Record<string, DeviceBuffer>>): void {
  const { label, inputs, donated } = signature;
  const unknown = Object.keys(bindings).find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined) throw unknownProgramInput(label, 'has no input', unknown, inputNames(inputs));
  const bound = new Map<DeviceBuffer, string>();
  for (const input of inputs) {
    const buffer = bindings[input.name];
    if (!buffer) throw unboundInput(label, input, inputNames(inputs));
    checkFit(label, input, buffer);
    const first = bound.get(buffer);
    if (first !== undefined && (donated.has(first) || donated.has(input.name)))
      throw sharedDonation(label, first, input.name);
    bound.set(buffer, input.name);
  }
}

function checkFit(label: string, input: TensorSpec, buffer: DeviceBuffer): void {
  if (!buffer.alive) throw deadBuffer(label, input.name);
  if (buffer.dtype !== input.dtype || !sameShape(buffer.shape, input.shape))
    throw wrongBufferType(label, input, buffer);
}

/**
 * Throws unless a buffer can have this type: ORZ_GRAPH_DTYPE for bool, ORZ_GRAPH_SHAPE for extents that are not
 * positive integers.
 */
export function checkBufferType(shape: Shape, dtype: DType): void {
  if (dtype === 'bool') throw boolBuffer();
  checkExtents(shape);
}

/** Throws unless `data` fits a whole buffer of this type: ORZ_GRAPH_DTYPE or ORZ_GRAPH_SHAPE. */
export function checkContents(type: TensorType, data: TensorData): void {
  checkWrite(type, data, 0);
  if (data.length !== sizeOf(type.shape)) throw contentsSize(type, data.length);
}

/**
 * Throws unless `data` can be written into a buffer from element `offset` on: ORZ_GRAPH_DTYPE or ORZ_GRAPH_SHAPE. One
 * of bf16 is only written as a whole: where two elements share a word, half a word cannot be written.
 */
export function checkWrite(type: TensorType, data: TensorData, offset: number): void {
  if (!(data instanceof (type.dtype === 'i32' ? Int32Array : Float32Array))) throw wrongArrayType(type, data);
  const outside = !Number.isInteger(offset) || offset < 0 || offset + data.length > sizeOf(type.shape);
  if (type.dtype === 'bf16' && data.length !== sizeOf(type.shape)) throw contentsSize(type, data.length);
  if (outside) throw writeOutOfRange(type, data.length, offset);
}
