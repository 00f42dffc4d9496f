import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, truncate, type FileHandle } from 'node:fs/promises';
import { isOrzError } from '../../../core/errors.js';
import { onDisk, sizeOf } from './cache.js';
import { invalidAnswer, unreachable } from './errors.js';
import type { RemoteFile } from './listing.js';
import { claimPartial } from './partial-file.js';
import { getFromHub, maxAttempts, reasonOf, retryDelay, wait } from './request.js';
import type { HubTarget } from './target.js';

export interface BlobDownload extends HubTarget {
  readonly url: string;
  readonly file: RemoteFile;
  /** Final name; appears only when the content is complete and verified. */
  readonly target: string;
  readonly signal?: AbortSignal | undefined;
  /** Bytes on disk so far; falls back when a damaged part is fetched again. */
  readonly onBytes: (bytes: number) => void;
}

/** Attempts that bring fewer bytes than this do not count as progress. */
const progressBytes = 2 ** 20;
/** A file whose hash is wrong is fetched once more from the start: what was resumed may have been damaged here. */
const verifications = 2;

/**
 * Fetches one file into the cache. Continues where an earlier attempt of any process stopped, verifies size and hash,
 * and gives it its name in one step. Throws ORZ_HUB for content that does not hash to what the hub listed.
 */
export async function downloadBlob(download: BlobDownload): Promise<void> {
  const { target, file } = download;
  if ((await sizeOf(target)) === file.size) return;
  await onDisk(target, async () => {
    const partial = await claimPartial(target);
    try {
      await fetchVerified(download, partial.path);
      await rename(partial.path, target);
    } finally {
      await partial.release();
    }
  });
}

async function fetchVerified(download: BlobDownload, path: string): Promise<void> {
  const { file } = download;
  for (let attempt = 1; ; attempt++) {
    const found = await fetchAll(download, path);
    if (found === file.digest) return;
    await rm(path);
    if (attempt < verifications) continue;
    throw invalidAnswer(download, {
      message: `What came for ${file.path} is not what the hub lists: its hash is wrong`,
      found,
      allowed: file.digest,
    });
  }
}

/** Fetches until the file is complete and returns its hash. Broken connections are resumed where they stopped. */
async function fetchAll(download: BlobDownload, path: string): Promise<string> {
  const { file, signal } = download;
  const writer = await PartialWriter.open(path, file, download.onBytes);
  try {
    let failures = 0;
    while (writer.done < file.size) {
      const before = writer.done;
      try {
        await fetchRest(download, writer);
        if (writer.done < file.size) throw new Error(`the connection ended after ${writer.done} of ${file.size} bytes`);
      } catch (failure) {
        signal?.throwIfAborted();
        if (isFinal(failure)) throw failure;
        failures = writer.done - before >= progressBytes ? 1 : failures + 1;
        if (failures >= maxAttempts) throw unreachable(download, reasonOf(failure), failure);
        await wait(retryDelay(download, failures), signal);
      }
    }
    return await writer.finish();
  } finally {
    await writer.close();
  }
}

/** A hub that refuses or breaks the protocol does so again; a disk error is no fault of the connection. */
const isFinal = (failure: unknown): boolean =>
  isOrzError(failure) || (failure as NodeJS.ErrnoException).syscall === 'write';

/** One request for what is missing. */
async function fetchRest(download: BlobDownload, writer: PartialWriter): Promise<void> {
  const { url, file } = download;
  const headers = writer.done > 0 ? { range: `bytes=${writer.done}-` } : {};
  const response = await getFromHub(url, { ...download, headers, connectAttempts: maxAttempts });
  if (response.status === 206) await requireRange(response, download, writer.done);
  else if (writer.done > 0) await writer.restart(); // The server cannot resume and sends all of it again.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    if (writer.done + chunk.length > file.size)
      throw invalidAnswer(download, {
        message: `The hub sends more of ${file.path} than it lists`,
        found: `over ${file.size} bytes`,
        allowed: `${file.size} bytes`,
      });
    await writer.append(chunk);
  }
}

/** A partial answer must begin at `start`. */
async function requireRange(response: Response, download: BlobDownload, start: number): Promise<void> {
  const { path, size } = download.file;
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  if (Number(from) === start && (total === '*' || Number(total) === size)) return;
  await response.body?.cancel();
  throw invalidAnswer(download, {
    message: `The hub sends another part of ${path} than was asked for`,
    found: response.headers.get('content-range'),
    allowed: `bytes ${start}-${size - 1}/${size}`,
  });
}

/** Appends to a file and hashes all of it, what was there before included. */
class PartialWriter {
  /** Bytes in the file. */
  done = 0;
  private hash: Hash;

  private constructor(
    private readonly file: RemoteFile,
    private readonly handle: FileHandle,
    private readonly onBytes: (bytes: number) => void,
  ) {
    this.hash = startHash(file);
  }

  static async open(path: string, file: RemoteFile, onBytes: (bytes: number) => void): Promise<PartialWriter> {
    const existing = (await sizeOf(path)) ?? 0;
    const kept = existing <= file.size ? existing : 0;
    if (kept < existing) await truncate(path, 0);
    const writer = new PartialWriter(file, await open(path, 'a'), onBytes);
    if (kept > 0) for await (const chunk of createReadStream(path)) writer.hash.update(chunk as Uint8Array);
    writer.done = kept;
    onBytes(kept);
    return writer;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.handle.appendFile(chunk);
    this.hash.update(chunk);
    this.done += chunk.length;
    this.onBytes(this.done);
  }

  async restart(): Promise<void> {
    await this.handle.truncate(0);
    this.hash = startHash(this.file);
    this.done = 0;
    this.onBytes(0);
  }

  /** Flushes to the disk. Returns the hash in hexadecimal digits. */
  async finish(): Promise<string> {
    await this.handle.sync();
    return this.hash.digest('hex');
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** The kind of hash shows in its length: SHA-256, or SHA-1 of a git blob, which begins with a header. */
function startHash({ digest, size }: RemoteFile): Hash {
  return digest.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}
