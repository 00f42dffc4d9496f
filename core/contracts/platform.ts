import type { FileFolder } from './files.js';
import type { RewardModule } from './reward.js';
import type { RewardPool, RewardPoolOptions } from './reward-pool.js';
import type { RunEvents } from './run-events.js';
import type { Storage } from './storage.js';

/** What core needs from its host environment, Node or a browser worker. All of it is injected. */

/** Which files of a dataset on the hub are wanted. */
export interface DatasetRequest {
  /** `owner/name` on the hub. */
  readonly name: string;
  /** Branch, tag or commit; `main` if absent. */
  readonly revision?: string;
  /** Chooses from the paths of all files; may throw for a choice that cannot be made. */
  readonly select: (paths: readonly string[]) => readonly string[];
  readonly events: RunEvents;
  readonly signal?: AbortSignal;
}

/** Files of a dataset, at hand. */
export interface DatasetFiles {
  readonly folder: FileFolder;
  /** The chosen paths, in the order of the repository. */
  readonly files: readonly string[];
  /** The commit they are of. */
  readonly commit: string;
}

export interface Platform {
  readonly storage: Storage;
  /** Milliseconds from a fixed point; only for durations that are reported, never for decisions. */
  now(): number;
  /** Bytes of memory this process holds now, and at its peak. */
  memory(): { readonly bytes: number; readonly peakBytes: number };
  /** Fetches files of a dataset on the Hugging Face hub, or takes them from its cache; absent where there is none. */
  fetchDataset?(request: DatasetRequest): Promise<DatasetFiles>;
  createRewardPool(module: RewardModule, options: RewardPoolOptions): Promise<RewardPool>;
}
