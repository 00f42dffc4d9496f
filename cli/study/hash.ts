import { createHash } from 'node:crypto';

/** Eight hexadecimal digits that differ for different data, whatever the order of keys. */
export const shortHash = (data: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sortedKeys(data)))
    .digest('hex')
    .slice(0, 8);

function sortedKeys(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(sortedKeys);
  if (typeof data !== 'object' || data === null) return data;
  const entries = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, sortedKeys(value)]));
}
