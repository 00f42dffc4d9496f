import { errorTexts } from '../../../core/boundary/safe-text.js';
import { finding, type Finding } from './finding.js';

/** A server that answers at all does so at once; the client of a run would be patient for minutes. */
const patienceMs = 10_000;

/**
 * Whether something answers over HTTP at an address; any answer counts, and no key is sent. The server of SkyRL answers
 * before its engine has loaded.
 */
export async function checkReachable(url: string): Promise<Finding> {
  const start = performance.now();
  const expected = 'an answer over HTTP';
  try {
    const address = `${url.replace(/\/+$/, '')}/api/v1/healthz`;
    const { status } = await fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(patienceMs) });
    return finding('reachable', true, `${status} after ${Math.round(performance.now() - start)} ms`, expected);
  } catch (error) {
    const { message } = errorTexts((error as Error).cause ?? error);
    return finding('reachable', false, message, expected);
  }
}
