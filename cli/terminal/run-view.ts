import type { RunView } from './contracts.js';
import { isLive } from './is-live.js';
import { createLiveRunView, type LiveViewOptions } from './live-run-view.js';
import { createPlainRunView } from './plain-run-view.js';
import { createPlainScreen } from './plain-screen.js';

/** A live view on a terminal; lines in a file, a pipe, or a terminal that cannot be redrawn. */
export function createRunView(options: LiveViewOptions): RunView {
  return isLive(options.output)
    ? createLiveRunView(options)
    : createPlainRunView(createPlainScreen(options.output), options.iterations);
}
