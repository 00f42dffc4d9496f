/** Raised when a counted limit is reached; the pair is then undecidable. Never depends on the clock. */
export class LimitReached extends Error {
  constructor(readonly limit: string) {
    super(`limit reached: ${limit}`);
  }
}

/** Counts the work spent on one pair. One step is about one multiplication of 200-bit numbers. */
export class Budget {
  private left: number;

  constructor(steps: number) {
    this.left = steps;
  }

  spend(steps = 1): void {
    this.left -= steps;
    if (this.left < 0) throw new LimitReached('steps');
  }
}
