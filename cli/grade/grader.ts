import { availableParallelism } from 'node:os';
import type { RewardResult } from '../../core/contracts/data.js';
import type { Platform } from '../../core/contracts/platform.js';
import type { RewardPool } from '../../core/contracts/reward-pool.js';
import type { OpenedReward, RewardSettings } from './open-reward.js';
import type { GradeRecord } from './record.js';

/** Grades records in threads that can be stopped. */
export interface Grader {
  readonly verifier: string;
  readonly workers: number;
  /** Throws ORZ_DATA_MALFORMED or ORZ_CONFIG_* for what the record says, ORZ_REWARD_* for a reward that fails. */
  grade(record: GradeRecord): Promise<RewardResult>;
  /** Threads stopped, died, and pieces tried again since the start. */
  stats(): RewardPool['stats'];
  dispose(): Promise<void>;
}

export interface GraderOptions {
  readonly platform: Platform;
  /** Threads that grade at once; default: one per core. */
  readonly workers?: number;
  readonly onIncident?: (message: string) => void;
}

/** Pools kept for settings that differ between records. */
const maxPools = 4;

/**
 * A grader for this reward. Records that need other settings get threads of their own; the least recently used are let
 * go when they have nothing left to do.
 */
export function createGrader(reward: OpenedReward, options: GraderOptions): Grader {
  const workers = options.workers ?? availableParallelism();
  const pools = new Pools(reward, { ...options, workers });
  const gradeText = async (settings: RewardSettings, record: GradeRecord, answer: string, text: string) => {
    const [result] = await pools.use(settings, (pool) => pool.grade([rolloutOf(record, answer, text)]));
    if (result === undefined) throw new TypeError('a pool returns a result per rollout');
    return result;
  };
  return {
    verifier: reward.verifier,
    workers,
    grade: async (record) => {
      const settings = reward.settingsFor(record.form, record.config);
      const gold =
        record.form === 'chat' && (isText(record.gold) || record.config?.['targets'] !== undefined)
          ? await gradeText(goldSettings(reward, record), record, record.gold, record.gold).then((r) => r.answer)
          : undefined;
      return gradeText(settings, record, gold ?? record.gold, record.text);
    },
    stats: () => pools.stats(),
    dispose: () => pools.dispose(),
  };
}

function rolloutOf({ id, prompt, stopReason }: GradeRecord, answer: string, text: string) {
  // Tokens are unknown here: a reward that counts them sees characters.
  return { index: 0, problem: { id: String(id ?? ''), prompt, answer }, text, stopReason, responseLength: text.length };
}

/**
 * Whether gold is a text around an answer: it has a box, or mathematics between delimiters as pandoc reads them. A
 * record that says what counts as a candidate says so of gold, too.
 */
function isText(gold: string): boolean {
  const holds = (open: string, close: string): boolean => {
    const start = gold.indexOf(open);
    return start >= 0 && gold.indexOf(close, start + open.length) >= 0;
  };
  return (
    /\\(?:boxed|fbox)\s*\{/.test(gold) ||
    holds('\\(', '\\)') ||
    holds('\\[', '\\]') ||
    holds('$$', '$$') ||
    /\$(?!\s)[^$]*[^\s$\\]\$(?!\d)/.test(gold)
  );
}

/** What a record demands of the form of its prediction does not hold for gold; what it says about candidates does. */
function goldSettings(reward: OpenedReward, { config }: GradeRecord): RewardSettings {
  const candidates = Object.entries(config ?? {}).filter(([name]) =>
    ['targets', 'strings', 'lowercase'].includes(name),
  );
  return reward.settingsFor('chat', candidates.length === 0 ? undefined : Object.fromEntries(candidates));
}

interface OpenPool {
  readonly pool: Promise<RewardPool>;
  /** Calls that have not returned yet. */
  users: number;
  retired: boolean;
}

/** Pools by settings. */
class Pools {
  private readonly open = new Map<string, OpenPool>();
  private readonly total = { timeouts: 0, crashes: 0, retries: 0 };
  private readonly running = new Set<RewardPool>();

  constructor(
    private readonly reward: OpenedReward,
    private readonly options: GraderOptions & { readonly workers: number },
  ) {}

  async use<T>(settings: RewardSettings, work: (pool: RewardPool) => Promise<T>): Promise<T> {
    const entry = this.entryFor(settings);
    entry.users++;
    try {
      return await work(await entry.pool);
    } finally {
      entry.users--;
      if (entry.retired && entry.users === 0) await this.close(entry);
    }
  }

  stats(): RewardPool['stats'] {
    return [...this.running].reduce((sum, { stats }) => added(sum, stats), this.total);
  }

  async dispose(): Promise<void> {
    const all = [...this.open.values()];
    this.open.clear();
    await Promise.all(all.map((entry) => this.close(entry)));
    await Promise.all([...this.running].map((pool) => pool.dispose()));
  }

  private entryFor(settings: RewardSettings): OpenPool {
    const key = JSON.stringify(settings);
    const entry = this.open.get(key) ?? { pool: this.start(settings), users: 0, retired: false };
    // The most recently used comes last.
    this.open.delete(key);
    this.open.set(key, entry);
    this.retire();
    return entry;
  }

  private retire(): void {
    for (const [key, entry] of this.open) {
      if (this.open.size <= maxPools) return;
      this.open.delete(key);
      entry.retired = true;
      if (entry.users === 0) void this.close(entry);
    }
  }

  private async start(settings: RewardSettings): Promise<RewardPool> {
    const { platform, workers, onIncident } = this.options;
    const module = await this.reward.moduleFor(settings);
    const pool = await platform.createRewardPool(module, {
      workers,
      timeoutMs: this.reward.timeoutMs,
      ...(onIncident !== undefined && { onIncident }),
    });
    this.running.add(pool);
    return pool;
  }

  private async close({ pool }: OpenPool): Promise<void> {
    const opened = await pool.catch(() => undefined);
    if (opened === undefined || !this.running.delete(opened)) return;
    Object.assign(this.total, added(this.total, opened.stats));
    await opened.dispose();
  }
}

const added = (a: RewardPool['stats'], b: RewardPool['stats']): RewardPool['stats'] => ({
  timeouts: a.timeouts + b.timeouts,
  crashes: a.crashes + b.crashes,
  retries: a.retries + b.retries,
});
