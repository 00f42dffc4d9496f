import { availableParallelism } from 'node:os';
import { notACount } from './errors.js';

/** Threads that a flag asks for; one per core without it. */
export function parseWorkers(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  const count = Number(text);
  if (!/^\d{1,3}$/.test(text) || count < 1 || count > 256) throw notACount('--workers', text, '1 to 256');
  return count;
}
