import { setTimeout } from 'node:timers/promises';
import type { WebhookSettings } from './settings.js';

/** How a delivery went: undefined, or in words why it failed. The words hold nothing of address, message or answer. */
export type Failure = string | undefined;

/** Milliseconds before the second attempt; doubled for each after it. */
const firstPauseMs = 500;

/** Posts a message, again if that may help. Never throws. */
export async function post(
  url: URL,
  body: string,
  { timeoutMs, attempts }: WebhookSettings,
  signal: AbortSignal,
): Promise<Failure> {
  for (let attempt = 1; ; attempt++) {
    const { failure, isFinal } = await tryOnce(url, body, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
    if (failure === undefined || isFinal || attempt === attempts || signal.aborted) return failure;
    const pauseMs = firstPauseMs * 2 ** (attempt - 1);
    await setTimeout(pauseMs, undefined, { signal, ref: false }).catch(() => undefined); // Aborted: no pause is needed.
  }
}

interface Attempt {
  readonly failure: Failure;
  /** Whether another attempt would end the same way. */
  readonly isFinal: boolean;
}

/** The answer counts by its status alone: its body is not read. A redirect could lead the message anywhere. */
async function tryOnce(url: URL, body: string, signal: AbortSignal): Promise<Attempt> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'orz-train' },
      body,
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
    const { status, ok } = response;
    if (ok) return { failure: undefined, isFinal: true };
    if (status >= 300 && status < 400) return { failure: 'it redirects, which is refused', isFinal: true };
    return { failure: `it answers ${status}`, isFinal: status < 500 && status !== 408 && status !== 429 };
  } catch (error) {
    return { failure: reasonOf(error), isFinal: false };
  }
}

/** Messages of the network may hold the address; codes do not. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return 'it does not answer in time';
  if (name === 'AbortError') return 'the run ended before it answered';
  return typeof cause?.code === 'string' ? `it cannot be reached: ${cause.code}` : 'it cannot be reached';
}
