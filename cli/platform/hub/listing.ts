import { datasetInfo, listFiles, modelInfo } from '@huggingface/hub';
import * as z from 'zod';
import { isOrzError } from '../../../core/errors.js';
import { atEndpoint } from './endpoint.js';
import { invalidAnswer, unreachable } from './errors.js';
import { isCommit } from './repository.js';
import { getFromHub, limitedText, reasonOf, retryDelay, wait } from './request.js';
import type { HubTarget } from './target.js';

/** One file of a repository at a commit. */
export interface RemoteFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly size: number;
  /**
   * Hash of its content: SHA-256 for large files, the id of the git blob for others. Also its name in the cache.
   */
  readonly digest: string;
}

export interface HubCall extends HubTarget {
  readonly signal?: AbortSignal | undefined;
}

const connectAttempts = 2;
const maxListingBytes = 64 * 2 ** 20;
const maxPages = 1000;

/** The commit that the revision names now. Throws as {@link getFromHub} does. */
export async function resolveCommit(call: HubCall): Promise<string> {
  const { subject, settings } = call;
  const { type, name, revision } = subject;
  const request = { name, revision, hubUrl: settings.endpoint, fetch: boundedFetch(call, z.looseObject({})) };
  const { sha } =
    type === 'model'
      ? await modelInfo({ ...request, additionalFields: ['sha'] })
      : await datasetInfo({ ...request, additionalFields: ['sha'] });
  if (typeof sha === 'string' && isCommit(sha)) return sha;
  throw invalidAnswer(call, {
    message: `The hub names no commit for ${name}`,
    found: sha,
    allowed: '40 hexadecimal digits',
  });
}

const entry = z.object({
  path: z.string(),
  size: z.int().nonnegative(),
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).optional(),
  xetHash: z.string().optional(),
});

/**
 * All files at a commit. Throws ORZ_HUB for an entry without size or hash. Paths are as the hub gives them:
 * {@link isSafePath} must hold for one that becomes a file here.
 */
export async function listRepository(call: HubCall, commit: string): Promise<RemoteFile[]> {
  const { subject, settings } = call;
  const files: RemoteFile[] = [];
  for await (const found of listFiles({
    repo: { type: subject.type, name: subject.name },
    revision: commit,
    recursive: true,
    hubUrl: settings.endpoint,
    fetch: boundedFetch(call, z.array(z.looseObject({ type: z.string() }))),
  })) {
    if (found.type === 'file') files.push(remoteFile(found, call));
  }
  return files;
}

function remoteFile(listed: unknown, call: HubCall): RemoteFile {
  const { success, data } = entry.safeParse(listed);
  // A file stored elsewhere (xet) is listed with the id of its pointer, which says nothing about its content.
  if (!success || (data.xetHash !== undefined && data.lfs === undefined)) {
    throw invalidAnswer(call, {
      message: `The hub lists a file of ${call.subject.name} in a form that cannot be trusted`,
      found: listed,
      allowed: 'a path, a size and a hash',
    });
  }
  const { path, size, oid, lfs } = data;
  return { path, size: lfs?.size ?? size, digest: lfs?.oid ?? oid };
}

/** Whether a path stays below its folder on every system, Windows included. */
export function isSafePath(path: string): boolean {
  return (
    !/[\\:]/.test(path) &&
    !path.includes('\0') &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/**
 * A fetch for the library that stays at the endpoint and is bounded in time, size and number of pages, and gives it
 * answers of this form only; its failures are OrzErrors that pass through the library.
 */
function boundedFetch(call: HubCall, form: z.ZodType): typeof fetch {
  const { endpoint, limits } = call.settings;
  const started = performance.now();
  let pages = 0;
  return async (address) => {
    if (++pages > maxPages)
      throw invalidAnswer(call, {
        message: 'The listing of the repository does not end',
        found: pages,
        allowed: `at most ${maxPages} pages`,
      });
    const withinMs = started + limits.listingMs - performance.now();
    if (withinMs <= 0) throw unreachable(call, `its listing takes more than ${limits.listingMs / 1000} s`);
    const next = address instanceof Request ? address.url : address.toString();
    if (!URL.canParse(next))
      throw invalidAnswer(call, { message: 'The hub links to no address', found: next, allowed: 'a web address' });
    const { response, text, value } = await fetchJson(atEndpoint(new URL(next), endpoint).href, call, withinMs);
    if (form.safeParse(value).success) return response;
    throw invalidAnswer(call, {
      message: `The hub answers about ${call.subject.name} in a form that cannot be read`,
      found: text.slice(0, maxShownText),
      allowed: 'JSON as the API of the Hugging Face hub has it',
    });
  };
}

/** An answer, its text, and what it says. */
interface JsonAnswer {
  readonly response: Response;
  readonly text: string;
  readonly value: unknown;
}

const maxShownText = 200;

async function fetchJson(url: string, call: HubCall, withinMs: number): Promise<JsonAnswer> {
  const request = { ...call, connectAttempts, headers: { accept: 'application/json' }, page: { withinMs } };
  for (let attempt = 1; ; attempt++) {
    const response = await getFromHub(url, request);
    try {
      const text = await limitedText(response, maxListingBytes, () => tooLong(call));
      const value: unknown = JSON.parse(text);
      return { response: new Response(text, { headers: response.headers }), text, value };
    } catch (failure) {
      call.signal?.throwIfAborted();
      if (isOrzError(failure)) throw failure;
      if (attempt === connectAttempts) throw unusable(call, failure);
      await wait(retryDelay(call, attempt), call.signal);
    }
  }
}

const tooLong = (call: HubCall) =>
  invalidAnswer(call, {
    message: 'An answer of the hub is too long',
    found: `over ${maxListingBytes} bytes`,
    allowed: 'a listing',
  });

function unusable(call: HubCall, failure: unknown) {
  return failure instanceof SyntaxError
    ? invalidAnswer(call, { message: 'An answer of the hub is not JSON', found: failure.message, allowed: 'JSON' })
    : unreachable(call, reasonOf(failure), failure);
}
