import { gunzipSync } from 'node:zlib';
import { malformedRollouts } from './errors.js';
import type { Rollout } from './shared/data.js';
import { parseLines } from './shared/json-lines.js';

/** A rollout file that unpacks to more was not written by a run. */
const maxUnpackedBytes = 2 ** 30;

/** The responses of a compressed rollout file, without its header. Throws ORZ_DATA_MALFORMED for anything else. */
export function decodeRollouts(content: Uint8Array, origin: string): readonly Rollout[] {
  try {
    const [header, ...rollouts] = parseLines<Rollout & { readonly format?: string; readonly version?: number }>(
      gunzipSync(content, { maxOutputLength: maxUnpackedBytes }),
    ).records;
    if (header?.format !== 'orz-rollouts' || header.version !== 1)
      throw new Error('its first line is not a header of version 1');
    return rollouts;
  } catch (cause) {
    throw malformedRollouts(origin, cause);
  }
}
