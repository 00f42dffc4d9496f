/**
 * The thread of heartbeat.ts: tells the server that the session lives, however busy the main thread is. What it posts
 * are {@link import('./heartbeat.js').Beat}s.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const { url, headers, body, intervalMs, limitMs, patienceMs } = /** @type {import('./heartbeat.js').HeartbeatData} */ (
  workerData
);

let lastSuccess = performance.now();
for (;;) {
  const problem = await beat();
  const silentMs = performance.now() - lastSuccess;
  if (problem !== undefined && silentMs > patienceMs)
    parentPort?.postMessage({ kind: 'silent', seconds: Math.round(silentMs / 1000), reason: problem });
  await sleep(intervalMs);
}

/** One heartbeat; why it did not succeed, if so. */
async function beat() {
  try {
    const signal = AbortSignal.timeout(limitMs);
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    const answer = await response.text();
    if (response.status === 404 || response.status === 410)
      parentPort?.postMessage({ kind: 'ended', reason: `${response.status} ${answer}` });
    if (!response.ok) return `it answers ${response.status} to heartbeats`;
    lastSuccess = performance.now();
    parentPort?.postMessage({ kind: 'alive' });
    return undefined;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}
