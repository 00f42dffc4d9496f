import type { EnvironmentModule } from './environment.js';
import type { EnvironmentPool } from './environment-pool.js';
import type { FileFolder, UserFiles } from './files.js';
import type { ModelCache } from './model-cache.js';
import type { RewardModule } from './reward.js';
import type { RewardPool, RewardPoolOptions } from './reward-pool.js';
import type { RunEvents } from './run-events.js';
import type { Storage } from './storage.js';

/** What core needs from its host environment, Node or a browser worker. All of it is injected. */

/** Which files of a model or dataset repository on the Hugging Face hub to fetch. */
export interface RepositoryRequest {
  readonly type: 'model' | 'dataset';
  /** `owner/name` on the hub. */
  readonly name: string;
  /** Branch, tag or commit; `main` if absent. */
  readonly revision?: string;
  /** Chooses from the paths of all files; may throw if no choice is possible. */
  readonly select: (paths: readonly string[]) => readonly string[];
  readonly events: RunEvents;
  readonly signal?: AbortSignal;
}

/** Files of one commit of a repository, ready to be read. */
export interface RepositoryFiles {
  readonly folder: FileFolder;
  /** The chosen paths, in the order of the repository; all of them are in `folder`. */
  readonly files: readonly string[];
  /** Paths of all existing files: in the repository, or in the cache if the hub was not asked or did not answer. */
  readonly available: readonly string[];
  readonly fromCache: boolean;
  readonly commit: string;
  /** Web page of the repository, for messages. */
  readonly page: string;
}

export interface Platform {
  readonly storage: Storage;
  /** Milliseconds from a fixed point; only for durations that are reported, never for decisions. */
  now(): number;
  /** Bytes of memory this process holds now, and at its peak. */
  memory(): { readonly bytes: number; readonly peakBytes: number };
  /**
   * Fetches files of a model or dataset repository on the Hugging Face hub, or takes them from a local cache. Absent
   * where there is no hub client. Throws ORZ_HUB if the hub refuses, ORZ_HUB_UNREACHABLE if it does not answer and the
   * cache does not hold the commit, ORZ_INSUFFICIENT or ORZ_STORAGE if the disk does not allow it.
   */
  fetchRepository?(request: RepositoryRequest): Promise<RepositoryFiles>;
  /** Opens a folder of the user's by its path; undefined if it does not exist. Absent where there is no file system. */
  openFolder?(path: string): Promise<FileFolder | undefined>;
  /** Files of the user's, by paths absolute or relative to the current folder. Absent where there is no file system. */
  readonly localFiles?: UserFiles;
  /** A folder that comes with this package, by its path in it. Absent where its files cannot be read. */
  packageFolder?(path: string): FileFolder;
  /** Absent where nothing outlasts a run. */
  readonly modelCache?: ModelCache;
  createRewardPool(module: RewardModule, options: RewardPoolOptions): Promise<RewardPool>;
  /** Absent where environments cannot be executed. */
  createEnvironmentPool?(module: Required<EnvironmentModule>, options: RewardPoolOptions): Promise<EnvironmentPool>;
}
