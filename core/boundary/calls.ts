import { pluginHung, type CallSite } from './errors.js';

/** How long calls into plugins may take; docs/plugins.md documents the defaults, which are those of the settings. */
export interface CallLimits {
  /** For what the run waits for between its steps: hooks of sinks, `dispose`. */
  readonly hookSeconds: number;
  /** For everything else, counted from the last sign of progress. */
  readonly workSeconds: number;
}

/** Follows the calls of a run from outside, so that a call that blocks the thread can be named. */
export interface CallObserver {
  /** The call that runs now; undefined when control is back here. */
  running(site: CallSite | undefined): void;
  /** Something got done. */
  progress(): void;
}

/**
 * - `none`: the method must be synchronous.
 * - `hook`: it has `hookSeconds` in all.
 * - `work`: it may take as long as it gets on.
 */
export type Patience = 'none' | 'hook' | 'work';

const settings = { hook: 'hookSeconds', work: 'workSeconds' } as const;

interface Waiting {
  readonly site: CallSite;
  readonly patience: Exclude<Patience, 'none'>;
  seconds: number;
  readonly giveUp: (error: unknown) => void;
}

/**
 * The calls into plugins that are under way. Time is counted in ticks of a second, so that neither the sleep of the
 * machine nor work that keeps this thread busy counts as waiting.
 */
export class Calls {
  private readonly running: CallSite[] = [];
  /** In the order in which the waiting began: the innermost call is the last. */
  private readonly waiting: Waiting[] = [];
  private ticker: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly limits: CallLimits,
    private readonly observer?: CallObserver,
  ) {}

  /** Does the synchronous part of a call. */
  run<T>(site: CallSite, work: () => T): T {
    this.running.push(site);
    this.observer?.running(site);
    try {
      return work();
    } finally {
      this.running.pop();
      this.tellObserver();
    }
  }

  /** Waits for a promise of foreign code; rejects with ORZ_PLUGIN_FAILED if it takes too long. */
  async wait<T>(site: CallSite, patience: Exclude<Patience, 'none'>, promise: PromiseLike<T> | T): Promise<T> {
    const tooLate = new Promise<never>((_, reject) => {
      this.waiting.push({ site, patience, seconds: 0, giveUp: reject });
    });
    this.tellObserver();
    this.ticker ??= setInterval(() => this.tick(), 1000);
    try {
      return await Promise.race([promise, tooLate]);
    } finally {
      this.waiting.splice(
        this.waiting.findLastIndex((call) => call.site === site),
        1,
      );
      if (this.waiting.length === 0) this.stopTicking();
      this.tellObserver();
      this.progress();
    }
  }

  /** Something got done: every call that may take as long as it gets on is given its whole time again. */
  progress(): void {
    for (const call of this.waiting) if (call.patience === 'work') call.seconds = 0;
    this.observer?.progress();
  }

  /** Gives up one call at most, the innermost: those around it wait for it, and may have an answer to its failure. */
  private tick(): void {
    for (const call of this.waiting) call.seconds++;
    const late = this.waiting.findLast((call) => call.seconds >= this.limitOf(call));
    late?.giveUp(pluginHung(late.site, this.limitOf(late), `guards.${settings[late.patience]}`));
  }

  private limitOf({ patience }: Waiting): number {
    return this.limits[settings[patience]];
  }

  /** What waits may go on at any time, and keep the thread busy then. */
  private tellObserver(): void {
    this.observer?.running(this.running.at(-1) ?? this.waiting.at(-1)?.site);
  }

  private stopTicking(): void {
    clearInterval(this.ticker);
    this.ticker = undefined;
  }
}
