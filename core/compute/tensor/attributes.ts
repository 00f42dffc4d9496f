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

/** The required attribute `dtype`; throws ORZ_GRAPH_INVALID if it names none. */
export function dtypeAttribute(attributes: Attributes): DType {
  const { dtype } = attributes;
  if (dtype !== 'f32' && dtype !== 'i32' && dtype !== 'bool') throw missingAttribute('dtype', 'a dtype', dtype);
  return dtype;
}

/** An optional switch, off if absent. */
export const flagAttribute = (attributes: Attributes, name: string): boolean => attributes[name] === true;
