/** A worker that computes without pause hears no message. It lets them in this often. */
const listenEveryMs = 100;

/**
 * Where a run can be held: whatever passes waits while the gate is closed. Passing also lets waiting messages in now and then, so
 * that a run which never waits for a device can be paused and stopped too.
 */
export class Gate {
  private opened: Promise<void> | undefined;
  private open: () => void = () => undefined;
  private closedAt = 0;
  private heldMs = 0;
  private listened: number;

  /** `onHeld` is called when something starts to wait at the gate. */
  constructor(
    private readonly now: () => number,
    private readonly onHeld: () => void = () => undefined,
  ) {
    this.listened = now();
  }

  get closed(): boolean {
    return this.opened !== undefined;
  }

  close(): void {
    if (this.closed) return;
    this.closedAt = this.now();
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  reopen(): void {
    if (!this.closed) return;
    this.heldMs += this.now() - this.closedAt;
    this.opened = undefined;
    this.open();
  }

  async pass(): Promise<void> {
    if (this.now() - this.listened >= listenEveryMs) {
      await new Promise((resolve) => {
        setTimeout(resolve, 0);
      });
      this.listened = this.now();
    }
    if (!this.closed) return;
    this.onHeld();
    // Closed again in the very moment it was opened: wait again.
    while (this.opened) await this.opened;
    this.listened = this.now();
  }

  /** The clock of the run: it stands while the gate is closed. */
  runNow(): number {
    return (this.closed ? this.closedAt : this.now()) - this.heldMs;
  }
}
