import type { BenchmarkProtocol } from '../contracts/benchmark.js';

/** Numbers of a protocol that somebody chose; undefined where nobody did. */
export type ChosenNumbers = { readonly [Key in keyof Omit<BenchmarkProtocol, 'origin'>]?: number | undefined };

/** The protocol with the chosen numbers, and with an origin that names them. */
export function chosenProtocol(protocol: BenchmarkProtocol, numbers: ChosenNumbers): BenchmarkProtocol {
  const chosen = Object.entries(numbers).filter(([, value]) => value !== undefined);
  if (chosen.length === 0) return protocol;
  const names = chosen.map(([name]) => name).join(', ');
  return { ...protocol, ...Object.fromEntries(chosen), origin: `${names}: chosen; otherwise ${protocol.origin}` };
}
