import type { ModelRole } from '../contracts/model.js';
import { tensorsStayAtEngine } from './errors.js';

/** The tensors of a model. Throws ORZ_CAPABILITY if its engine keeps them. */
export function tensorsOf<T>({ role, tensors }: { readonly role: ModelRole; readonly tensors?: T }): T {
  if (tensors === undefined) throw tensorsStayAtEngine(role);
  return tensors;
}
