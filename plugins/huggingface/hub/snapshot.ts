import { mkdir, statfs } from 'node:fs/promises';
import { OrzError, isOrzError } from '../../../core/errors.js';
import type { RunEvents } from '../../../core/contracts/run-events.js';
import { downloadBlob } from './blob.js';
import { RepositoryCache, onDisk, sizeOf } from './cache.js';
import { notCached, untrustworthy } from './failures.js';
import { isSafePath, listRepository, resolveCommit, type HubCall, type RemoteFile } from './listing.js';
import { checkRepository, fileUrl, isCommit, type Repository } from './repository.js';
import { hubSettings, type HubSettings } from './settings.js';

export interface SnapshotRequest {
  readonly type: 'model' | 'dataset';
  /** `owner/name` on the hub. */
  readonly name: string;
  /** Branch, tag or commit; `main` if absent. */
  readonly revision?: string;
  /** Chooses what to fetch from the paths of all files in the repository; returns some of them. */
  readonly select: (paths: readonly string[]) => readonly string[];
  readonly events: RunEvents;
  readonly signal?: AbortSignal;
  /** How to reach the hub; from the environment variables of this process if absent. */
  readonly settings?: HubSettings;
}

/** Files of one commit, on disk. */
export interface Snapshot {
  /** Absolute path of the folder that holds them. */
  readonly folder: string;
  readonly commit: string;
  /** Paths of the selected files, relative with `/`; all of them are in the folder. */
  readonly files: readonly string[];
  /** Paths of all files there are: in the repository, or in the cache when the hub was not asked. */
  readonly available: readonly string[];
  /** Whether the hub was not asked, or did not answer. */
  readonly fromCache: boolean;
}

/** Files fetched at the same time. */
const parallel = 4;

/**
 * Makes selected files of a repository present on disk, in the cache that the Python tools share: fetches what is missing,
 * resumes what was begun, verifies size and hash. Offline, the cache alone is used; when the hub cannot be reached, too,
 * with a warning. Throws ORZ_HUB when the hub refuses, ORZ_HUB_UNREACHABLE when it cannot be asked and the cache does not
 * help, ORZ_INSUFFICIENT when the disk is too small, ORZ_STORAGE when it fails.
 */
export async function downloadSnapshot(request: SnapshotRequest): Promise<Snapshot> {
  const settings = request.settings ?? hubSettings(process.env);
  const repository: Repository = { type: request.type, name: request.name, revision: request.revision ?? 'main' };
  checkRepository(repository);
  const call: HubCall = { settings, repository, ...(request.signal === undefined ? {} : { signal: request.signal }) };
  const cache = new RepositoryCache(settings.cache, repository);
  if (settings.offline) {
    const cached = await fromCache(cache, repository, request.select);
    if (cached === undefined) throw notCached(settings, repository);
    return cached;
  }
  let listed: { readonly commit: string; readonly files: readonly RemoteFile[] };
  try {
    const commit = isCommit(repository.revision) ? repository.revision : await resolveCommit(call);
    listed = { commit, files: await listRepository(call, commit) };
  } catch (error) {
    const cached =
      isOrzError(error) && error.code === 'ORZ_HUB_UNREACHABLE'
        ? await fromCache(cache, repository, request.select)
        : undefined;
    if (cached === undefined) throw error;
    request.events.log(
      'warn',
      `${settings.endpoint} cannot be reached; using ${repository.name} from the cache, commit ${cached.commit}`,
    );
    return cached;
  }
  return fetchSelected({ request, call, cache, ...listed });
}

async function fromCache(
  cache: RepositoryCache,
  { revision }: Repository,
  select: SnapshotRequest['select'],
): Promise<Snapshot | undefined> {
  const commit = isCommit(revision) ? revision : await cache.readRef(revision);
  if (commit === undefined || !isCommit(commit)) return undefined;
  const available = await cache.files(commit);
  if (available.length === 0) return undefined;
  return { folder: cache.snapshot(commit), commit, files: select(available), available, fromCache: true };
}

interface Selected {
  readonly request: SnapshotRequest;
  readonly call: HubCall;
  readonly cache: RepositoryCache;
  readonly commit: string;
  readonly files: readonly RemoteFile[];
}

async function fetchSelected({ request, call, cache, commit, files }: Selected): Promise<Snapshot> {
  const available = files.map(({ path }) => path);
  const chosen = new Set(request.select(available));
  const unsafe = files.find(({ path }) => chosen.has(path) && !isSafePath(path));
  if (unsafe)
    throw untrustworthy(
      call.settings,
      call.repository,
      `The hub lists a file of ${call.repository.name} under a path that cannot be trusted`,
      unsafe.path,
      'a relative path without ..',
    );
  const missing: RemoteFile[] = [];
  for (const file of files)
    if (chosen.has(file.path) && !(await cache.holds(commit, file.path, file.size))) missing.push(file);
  await requireSpace(cache, missing);
  const queue = [...missing];
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      await fetchFile({ request, call, cache, commit }, file);
  };
  // One failure ends the others at their next file; what they have is kept for the next attempt.
  const results = await Promise.allSettled(
    Array.from({ length: parallel }, () =>
      worker().catch((error: unknown) => {
        queue.length = 0;
        throw error;
      }),
    ),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  if (!isCommit(call.repository.revision)) await cache.writeRef(call.repository.revision, commit);
  return {
    folder: cache.snapshot(commit),
    commit,
    files: available.filter((path) => chosen.has(path)),
    available,
    fromCache: false,
  };
}

const units = [
  { unit: 'GB', size: 1e9 },
  { unit: 'MB', size: 1e6 },
  { unit: 'kB', size: 1e3 },
  { unit: 'bytes', size: 1 },
];

async function fetchFile(
  { request, call: { settings, repository, signal }, cache, commit }: Omit<Selected, 'files'>,
  file: RemoteFile,
): Promise<void> {
  const { unit, size } = units.find((each) => file.size >= 10 * each.size) ?? units.at(-1)!;
  const phase = request.events.phase(file.path.split('/').at(-1)!, file.size / size, unit);
  try {
    await downloadBlob({
      settings,
      subject: { ...repository, file: file.path },
      url: fileUrl(settings.endpoint, repository, commit, file.path),
      file,
      target: cache.blob(file.digest),
      ...(signal === undefined ? {} : { signal }),
      onBytes: (bytes) => {
        phase.progress(bytes / size);
      },
    });
    await cache.addToSnapshot(commit, file.path, file.digest);
  } finally {
    phase.end();
  }
}

/** Before gigabytes are fetched, not after. */
async function requireSpace(cache: RepositoryCache, missing: readonly RemoteFile[]): Promise<void> {
  let needed = 0;
  for (const { digest, size } of missing) if ((await sizeOf(cache.blob(digest))) === undefined) needed += size;
  if (needed === 0) return;
  await onDisk(cache.folder, async () => {
    await mkdir(cache.folder, { recursive: true });
    const { bavail, bsize } = await statfs(cache.folder);
    if (needed <= bavail * bsize) return;
    const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
    throw new OrzError(
      'ORZ_INSUFFICIENT',
      `The download needs ${gb(needed)}, the disk has ${gb(bavail * bsize)} left`,
      {
        value: gb(needed),
        allowed: gb(bavail * bsize),
        origin: cache.folder,
        remedy: 'Free some space, or set HF_HUB_CACHE to a folder elsewhere.',
      },
    );
  });
}
