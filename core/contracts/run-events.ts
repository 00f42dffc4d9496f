/** One long-running phase of the run. */
export interface PhaseHandle {
  /** Work done so far, in the unit given at the start; a command may show a note beside it, such as a running mean. */
  progress(done: number, note?: string): void;
  end(): void;
}

/** What a run reports while it is in progress: phases to draw as progress bars, and messages to log. */
export interface RunEvents {
  phase(name: string, total: number, unit: string): PhaseHandle;
  log(level: 'info' | 'warn', message: string): void;
}
