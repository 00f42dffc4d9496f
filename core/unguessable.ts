/**
 * `prefix` with 16 hexadecimal digits that nobody can foresee: a name for something temporary, which can be neither
 * prepared by others nor theirs already. Not a number of the run: results must not depend on it.
 */
export function unguessable(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return prefix + Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
