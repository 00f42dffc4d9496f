import { missingAttribute } from './errors.js';
import type { DType } from './types.js';

/** Attributes of a node: small plain values fixed when the graph is built. */
export type Attributes = Readonly<Record<string, number | boolean | string | readonly number[] | undefined>>;

/** A required number; throws ORZ_GRAPH_INVALID if it is absent or of another kind. */
export function numberAttribute(attributes: Attributes, name: string): number {
  const value = attributes[name];
  if (typeof value !== 'number') throw missingAttribute(name, 'a number', value);
  return value;
}

/** A required list of numbers: a shape, a permutation, axes. Throws ORZ_GRAPH_INVALID otherwise. */
export function listAttribute(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name];
  if (typeof value !== 'object') throw missingAttribute(name, 'a list of numbers', value);
  return value;
}

const dtypes: readonly DType[] = ['f32', 'i32', 'bf16', 'bool'];

/** The required attribute `dtype`; throws ORZ_GRAPH_INVALID if it names none. */
export function dtypeAttribute(attributes: Attributes): DType {
  const dtype = dtypes.find((known) => known === attributes['dtype']);
  if (dtype === undefined) throw missingAttribute('dtype', 'a dtype', attributes['dtype']);
  return dtype;
}

/** An optional switch, off if absent. */
export const flagAttribute = (attributes: Attributes, name: string): boolean => attributes[name] === true;
