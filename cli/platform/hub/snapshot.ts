import { mkdir, statfs } from 'node:fs/promises';
import { lastOf } from '../../../core/arrays.js';
import type { RepositoryRequest } from '../../../core/contracts/platform.js';
import { isOrzError } from '../../../core/errors.js';
import { downloadBlob } from './blob.js';
import { RepositoryCache, onDisk, sizeOf } from './cache.js';
import { diskTooSmall, invalidAnswer, notCached } from './errors.js';
import { isSafePath, listRepository, resolveCommit, type HubCall, type RemoteFile } from './listing.js';
import { checkRepository, fileUrl, isCommit } from './repository.js';
import type { HubSettings, Repository } from './target.js';

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
 * Makes selected files of a repository present on disk, in the cache that the Python tools share: fetches what is
 * missing, resumes what was begun, verifies size and hash. Offline, the cache alone is used; when the hub cannot be
 * reached, too, with a warning. Throws ORZ_HUB when the hub refuses, ORZ_HUB_UNREACHABLE when it cannot be asked and
 * the cache does not help, ORZ_INSUFFICIENT when the disk is too small, ORZ_STORAGE when it fails.
 */
export async function downloadSnapshot(request: RepositoryRequest, settings: HubSettings): Promise<Snapshot> {
  const subject: Repository = { type: request.type, name: request.name, revision: request.revision ?? 'main' };
  checkRepository(subject);
  const call: HubCall = { settings, subject, signal: request.signal };
  const cache = new RepositoryCache(settings.cache, subject);
  if (settings.offline) {
    const cached = await fromCache(cache, subject, request.select);
    if (cached === undefined) throw notCached(call);
    return cached;
  }
  let listed: Listing;
  try {
    listed = await listCommit(call);
  } catch (error) {
    const unanswered = isOrzError(error) && error.code === 'ORZ_HUB_UNREACHABLE';
    const cached = unanswered ? await fromCache(cache, subject, request.select) : undefined;
    if (cached === undefined) throw error;
    const source = `${subject.name} from the cache, commit ${cached.commit}`;
    request.events.log('warn', `${settings.endpoint} cannot be reached; using ${source}`);
    return cached;
  }
  return new SnapshotDownload(request, call, cache, listed).run();
}

/** What a repository holds at one commit. */
interface Listing {
  readonly commit: string;
  readonly files: readonly RemoteFile[];
}

async function listCommit(call: HubCall): Promise<Listing> {
  const { revision } = call.subject;
  const commit = isCommit(revision) ? revision : await resolveCommit(call);
  return { commit, files: await listRepository(call, commit) };
}

async function fromCache(
  cache: RepositoryCache,
  { revision }: Repository,
  select: RepositoryRequest['select'],
): Promise<Snapshot | undefined> {
  const commit = isCommit(revision) ? revision : await cache.readRef(revision);
  if (commit === undefined || !isCommit(commit)) return undefined;
  const available = await cache.files(commit);
  if (available.length === 0) return undefined;
  return { folder: cache.snapshot(commit), commit, files: select(available), available, fromCache: true };
}

/** The download of the selected files of one commit into the cache. */
class SnapshotDownload {
  constructor(
    private readonly request: RepositoryRequest,
    private readonly call: HubCall,
    private readonly cache: RepositoryCache,
    private readonly listed: Listing,
  ) {}

  async run(): Promise<Snapshot> {
    const { cache, call, listed } = this;
    const available = listed.files.map(({ path }) => path);
    const chosen = new Set(this.request.select(available));
    const files = listed.files.filter(({ path }) => chosen.has(path));
    this.requireSafePaths(files);
    const missing: RemoteFile[] = [];
    for (const file of files) if (!(await cache.holds(listed.commit, file.path, file.size))) missing.push(file);
    await requireSpace(cache, missing);
    await this.fetchAll(missing);
    if (!isCommit(call.subject.revision)) await cache.writeRef(call.subject.revision, listed.commit);
    return {
      folder: cache.snapshot(listed.commit),
      commit: listed.commit,
      files: files.map(({ path }) => path),
      available,
      fromCache: false,
    };
  }

  private requireSafePaths(files: readonly RemoteFile[]): void {
    const unsafe = files.find(({ path }) => !isSafePath(path));
    if (unsafe === undefined) return;
    throw invalidAnswer(this.call, {
      message: `The hub lists a file of ${this.call.subject.name} under a path that cannot be trusted`,
      found: unsafe.path,
      allowed: 'a relative path without ..',
    });
  }

  /** One failure stops the others at their next file; what they have is kept for the next attempt. */
  private async fetchAll(files: readonly RemoteFile[]): Promise<void> {
    const queue = [...files];
    const worker = async (): Promise<void> => {
      try {
        for (let file = queue.shift(); file !== undefined; file = queue.shift()) await this.fetchFile(file);
      } catch (error) {
        queue.length = 0;
        throw error;
      }
    };
    const results = await Promise.allSettled(Array.from({ length: parallel }, worker));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async fetchFile(file: RemoteFile): Promise<void> {
    const { commit } = this.listed;
    const { settings, subject } = this.call;
    const { unit, size } = units.find((each) => file.size >= 10 * each.size) ?? lastOf(units);
    const phase = this.request.events.phase(lastOf(file.path.split('/')), file.size / size, unit);
    try {
      await downloadBlob({
        ...this.call,
        subject: { ...subject, file: file.path },
        url: fileUrl(settings.endpoint, subject, { commit, path: file.path }),
        file,
        target: this.cache.blob(file.digest),
        onBytes: (bytes) => {
          phase.progress(bytes / size);
        },
      });
      await this.cache.addToSnapshot(commit, file.path, file.digest);
    } finally {
      phase.end();
    }
  }
}

/** Units of progress; the largest of which a file has at least ten is shown. */
const units = [
  { unit: 'GB', size: 1e9 },
  { unit: 'MB', size: 1e6 },
  { unit: 'kB', size: 1e3 },
  { unit: 'bytes', size: 1 },
];

/** Before gigabytes are fetched, not after. */
async function requireSpace(cache: RepositoryCache, missing: readonly RemoteFile[]): Promise<void> {
  let needed = 0;
  for (const { digest, size } of missing) if ((await sizeOf(cache.blob(digest))) === undefined) needed += size;
  if (needed === 0) return;
  await onDisk(cache.folder, async () => {
    await mkdir(cache.folder, { recursive: true });
    const { bavail, bsize } = await statfs(cache.folder);
    if (needed > bavail * bsize) throw diskTooSmall(cache.folder, needed, bavail * bsize);
  });
}
