import { datasetInfo, listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';
import { isOrzError } from '../../../core/errors.js';
import { reasonOf, getFromHub, limitedText, wait, delay } from './request.js';
import { unreachable, untrustworthy } from './failures.js';
import { isCommit, type Repository } from './repository.js';
import type { HubSettings } from './settings.js';

/** One file of a repository at a commit. */
export interface RemoteFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly size: number;
  /** What its content hashes to: SHA-256 for large files, the id of the git blob for others. Also its name in the cache. */
  readonly digest: string;
}

export interface HubCall {
  readonly settings: HubSettings;
  readonly repository: Repository;
  readonly signal?: AbortSignal;
}

const connectAttempts = 2;
const maxListingBytes = 64 * 2 ** 20;
const maxPages = 1000;

/** The commit that the revision names now. Throws as {@link getFromHub} does. */
export async function resolveCommit(call: HubCall): Promise<string> {
  const {
    repository: { type, name, revision },
    settings,
  } = call;
  const request = { name, revision, hubUrl: settings.endpoint, fetch: boundedFetch(call) };
  const { sha } =
    type === 'model'
      ? await modelInfo({ ...request, additionalFields: ['sha'] })
      : await datasetInfo({ ...request, additionalFields: ['sha'] });
  if (typeof sha === 'string' && isCommit(sha)) return sha;
  throw untrustworthy(settings, call.repository, `The hub names no commit for ${name}`, sha, '40 hexadecimal digits');
}

const entry = z.object({
  path: z.string(),
  size: z.int().nonnegative(),
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).optional(),
  xetHash: z.string().optional(),
});

/** All files at a commit. Throws ORZ_HUB for an entry without size or hash. Paths are as the hub gives them: {@link isSafePath} must hold for one that becomes a file here. */
export async function listRepository(call: HubCall, commit: string): Promise<RemoteFile[]> {
  const { repository, settings } = call;
  const files: RemoteFile[] = [];
  for await (const found of listFiles({
    repo: { type: repository.type, name: repository.name },
    revision: commit,
    recursive: true,
    hubUrl: settings.endpoint,
    fetch: boundedFetch(call),
  })) {
    if (found.type !== 'file') continue;
    const parsed = entry.safeParse(found);
    // A file kept elsewhere is listed with the id of its pointer, which says nothing about its content.
    if (!parsed.success || (parsed.data.xetHash !== undefined && parsed.data.lfs === undefined)) {
      throw untrustworthy(
        settings,
        repository,
        `The hub lists a file of ${repository.name} in a form that cannot be trusted`,
        found,
        'a path, a size and a hash',
      );
    }
    const { path, size, oid, lfs } = parsed.data;
    files.push({ path, size: lfs?.size ?? size, digest: lfs?.oid ?? oid });
  }
  return files;
}

/** Whether a path stays below its folder on every system, Windows included. */
export function isSafePath(path: string): boolean {
  return (
    !/[\\:]/.test(path) &&
    !path.includes('\0') &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** A fetch for the library that is bounded in time, size and number of pages; its failures are OrzErrors that pass through the library. */
function boundedFetch({ settings, repository, signal }: HubCall): typeof fetch {
  let pages = 0;
  return async (address) => {
    const url = address instanceof Request ? address.url : address.toString();
    if (++pages > maxPages)
      throw untrustworthy(
        settings,
        repository,
        'The listing of the repository does not end',
        pages,
        `at most ${maxPages} pages`,
      );
    for (let attempt = 1; ; attempt++) {
      const response = await getFromHub(url, {
        settings,
        subject: repository,
        connectAttempts,
        headers: { accept: 'application/json' },
        ...(signal === undefined ? {} : { signal }),
      });
      try {
        const text = await limitedText(response, maxListingBytes, () =>
          untrustworthy(
            settings,
            repository,
            'An answer of the hub is too long',
            `over ${maxListingBytes} bytes`,
            'a listing',
          ),
        );
        JSON.parse(text);
        return new Response(text, { headers: response.headers });
      } catch (failure) {
        signal?.throwIfAborted();
        if (isOrzError(failure)) throw failure;
        if (attempt === connectAttempts)
          throw failure instanceof SyntaxError
            ? untrustworthy(settings, repository, 'An answer of the hub is not JSON', failure.message, 'JSON')
            : unreachable(settings, repository, reasonOf(failure), failure);
        await wait(delay(settings, repository, attempt), signal);
      }
    }
  };
}
