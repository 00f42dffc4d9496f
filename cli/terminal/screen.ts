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
  write(text: string): unknown;
}

/** Bars on a terminal; plain lines, now and then, in a file or a pipe. */
export function createScreen(output: Output): Screen {
  return output.isTTY === true && process.env['TERM'] !== 'dumb' ? createLiveScreen(output) : createPlainScreen(output);
}
