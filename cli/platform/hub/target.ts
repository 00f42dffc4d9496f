/**
 * How this process reaches the hub, in the terms and variables of the Python client, so that both share cache and
 * account.
 */
export interface HubSettings {
  /** Base URL without a slash at the end (`HF_ENDPOINT`). */
  readonly endpoint: string;
  /** Sent to the endpoint and to no other host; never printed. */
  readonly token?: string;
  /** Folder of downloaded repositories (`HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`). */
  readonly cache: string;
  /** Use the cache only (`HF_HUB_OFFLINE`). */
  readonly offline: boolean;
  readonly limits: HubLimits;
}

/** Limits on waiting; every wait for the hub has one. Milliseconds. */
export interface HubLimits {
  /** Maximum time without data: until an answer begins, and between two pieces of it. */
  readonly idleTimeoutMs: number;
  /** Minimum rate of an answer, over each {@link rateWindowMs} of waiting for it. */
  readonly minBytesPerSecond: number;
  readonly rateWindowMs: number;
  /** Maximum time for all pages of a listing. */
  readonly listingMs: number;
  /** Delay before the second attempt; it doubles each time. */
  readonly retryDelayMs: number;
  /** Maximum delay. If the hub asks for more (`Retry-After`), the request fails. */
  readonly maxRetryDelayMs: number;
}

/** What a request to the hub is about, for addresses and messages. */
export interface Repository {
  readonly type: 'model' | 'dataset';
  /** `owner/name`, or `name` alone for a few old ones. */
  readonly name: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

/** What was asked for when something went wrong. */
export interface Subject extends Repository {
  readonly file?: string;
}

/** Which hub was asked for what. */
export interface HubTarget {
  readonly settings: HubSettings;
  readonly subject: Subject;
}

/** Page of the repository, where a licence is accepted. */
export const pageOf = (endpoint: string, { type, name }: Pick<Repository, 'type' | 'name'>): string =>
  `${endpoint}/${type === 'model' ? '' : 'datasets/'}${name}`;
