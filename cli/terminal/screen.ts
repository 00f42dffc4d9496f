import type { Output, Screen } from './contracts.js';
import { createLiveScreen } from './live-screen.js';
import { isLive } from './is-live.js';
import { createPlainScreen } from './plain-screen.js';

/** Progress bars on a terminal; an occasional plain line in a file or a pipe. */
export function createScreen(output: Output): Screen {
  return isLive(output) ? createLiveScreen(output) : createPlainScreen(output);
}
