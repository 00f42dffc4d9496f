import { Refusal } from '../reward-server/refusal.js';

/** Counts what the models of all clients take, and refuses what would not fit. */
export class Memory {
  private taken = 0;

  constructor(readonly budget: number) {}

  hasRoom(bytes: number): boolean {
    return this.taken + bytes <= this.budget;
  }

  take(bytes: number): void {
    this.taken += bytes;
  }

  give(bytes: number): void {
    this.taken -= bytes;
  }

  /** Throws a {@link Refusal} unless there is room for one more model. */
  require(bytes: number): void {
    if (this.hasRoom(bytes)) return;
    throw new Refusal(
      400,
      `one more model takes ${gigabytes(bytes)} GB, and the models here take ${gigabytes(this.taken)} of the ` +
        `${gigabytes(this.budget)} GB that this server allows: unload one first`,
    );
  }
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(bytes < 1e9 ? 3 : 1);
