/** A worker that computes without pause receives no messages; it lets them in this often. */
const listenEveryMs = 100;

/**
 * Where a run can be paused: whatever passes waits while the gate is closed. Passing also lets waiting messages in now
 * and then, so that a run which never waits for a device can be paused and stopped too.
 */
export class Gate {
  private opened: Promise<void> | undefined;
  private open: () => void = () => undefined;
  private closedAt = 0;
  private pausedMs = 0;
  private listenedAt: number;

  /** `onWait` is called when something starts to wait at the gate. */
  constructor(
    private readonly clock: () => number,
    private readonly onWait: () => void = () => undefined,
  ) {
    this.listenedAt = clock();
  }

  get closed(): boolean {
    return this.opened !== undefined;
  }

  close(): void {
    if (this.closed) return;
    this.closedAt = this.clock();
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  reopen(): void {
    if (!this.closed) return;
    this.pausedMs += this.clock() - this.closedAt;
    this.opened = undefined;
    this.open();
  }

  async pass(): Promise<void> {
    if (this.clock() - this.listenedAt >= listenEveryMs) {
      await new Promise((resolve) => {
        setTimeout(resolve, 0);
      });
      this.listenedAt = this.clock();
    }
    if (!this.closed) return;
    this.onWait();
    // If it was closed again as soon as it was opened, wait again.
    while (this.opened) await this.opened;
    this.listenedAt = this.clock();
  }

  /** The clock of the run: it stands still while the gate is closed. */
  now(): number {
    return (this.closed ? this.closedAt : this.clock()) - this.pausedMs;
  }
}
