import type { FromRun } from '../run/messages.js';

/** The part of an output stream that drawing needs. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Where a command writes while it works: permanent lines, and progress of the phases that are running. */
export interface Screen {
  /** Writes one or more permanent lines. */
  line(text: string): void;
  phase(name: string, total: number, unit: string): ScreenPhase;
  /** Removes what is still drawn. */
  close(): void;
}

export interface ScreenPhase {
  /** `note` is shown beside the count, for example a running mean. */
  progress(done: number, note?: string): void;
  end(): void;
}

/** Shows a training run while it is in progress. */
export interface RunView {
  readonly onMessage: (message: FromRun) => void;
  /** Writes one or more permanent lines. */
  line(text: string): void;
  /** Says that the run was asked to stop. */
  stopping(): void;
  /** Restores the terminal. */
  close(): void;
}
