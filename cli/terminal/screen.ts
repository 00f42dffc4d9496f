import { createPlainScreen } from './plain-screen.js';
import { createLiveScreen } from './live-screen.js';

/** Where a command writes while work goes on: lines that stay, and bars of what is running now. */
export interface Screen {
  /** A line (or several) that stays. */
  line(text: string): void;
  phase(name: string, total: number, unit: string): ScreenPhase;
  /** Removes what is still drawn. */
  close(): void;
}

export interface ScreenPhase {
  progress(done: number): void;
  end(): void;
}

/** The part of a stream that drawing needs. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Whether it can be drawn on: a terminal, and neither a simple one nor the log of a CI job. */
export const isLive = (output: Output): boolean =>
  output.isTTY === true && process.env['TERM'] !== 'dumb' && process.env['CI'] === undefined;

/** Bars on a terminal; plain lines, now and then, in a file or a pipe. */
export function createScreen(output: Output): Screen {
  return isLive(output) ? createLiveScreen(output) : createPlainScreen(output);
}
