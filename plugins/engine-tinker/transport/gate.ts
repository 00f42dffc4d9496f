/** Lets only so many through at once, and so many bytes, in the order in which they came. */
export class Gate {
  private readonly waiting: Entry[] = [];
  private inside = 0;
  private bytes = 0;

  constructor(private readonly limits: { readonly maxRequests: number; readonly maxBytes: number }) {}

  /**
   * Resolves with what must be called at the end; rejects with the reason of the signal. What is larger than all that
   * may be inside comes in alone.
   */
  enter(bytes: number, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const giveUp = (): void => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(signal.reason as Error);
        this.admit();
      };
      const entry: Entry = {
        bytes,
        admit: () => {
          signal.removeEventListener('abort', giveUp);
          resolve(() => {
            this.leave(bytes);
          });
        },
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.waiting.push(entry);
      this.admit();
    });
  }

  private admit(): void {
    for (let next = this.waiting[0]; next !== undefined && this.hasRoom(next.bytes); next = this.waiting[0]) {
      this.waiting.shift();
      this.inside++;
      this.bytes += next.bytes;
      next.admit();
    }
  }

  private hasRoom(bytes: number): boolean {
    const { maxRequests, maxBytes } = this.limits;
    return this.inside === 0 || (this.inside < maxRequests && this.bytes + bytes <= maxBytes);
  }

  private leave(bytes: number): void {
    this.inside--;
    this.bytes -= bytes;
    this.admit();
  }
}

interface Entry {
  readonly bytes: number;
  readonly admit: () => void;
}
