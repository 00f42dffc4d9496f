import { expect } from 'vitest';

/** Of real time: a test may have replaced the global one by a fake. */
const realSetTimeout = setTimeout;

/** Far above what any honest wait takes, on a loaded machine too, and below the time limit of a test. */
const attempts = 24_000;
const pauseMs = 20;

/** Waits in real time until `holds`; fails after about eight minutes. */
export async function until(holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < attempts && !holds(); attempt++) await pause();
  expect(holds()).toBe(true);
}

/** A turn of the event loop and a little more: whatever has arrived meanwhile is handled. */
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    realSetTimeout(resolve, pauseMs);
  });
