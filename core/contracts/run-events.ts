/** One long-running part of the run, drawn as a progress bar. */
export interface PhaseHandle {
  /** Work done so far, in the unit given at the start. */
  progress(done: number): void;
  end(): void;
}

/** What a run reports while it runs; the terminal, the run folder and later a dashboard listen. */
export interface RunEvents {
  phase(name: string, total: number, unit: string): PhaseHandle;
  log(level: 'info' | 'warn', message: string): void;
}
