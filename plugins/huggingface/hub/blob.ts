import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, truncate, type FileHandle } from 'node:fs/promises';
import { isOrzError } from '../../../core/errors.js';
import { onDisk, sizeOf } from './cache.js';
import { unreachable, untrustworthy, type Subject } from './failures.js';
import type { RemoteFile } from './listing.js';
import { claimPartial } from './partial-file.js';
import { delay, getFromHub, maxAttempts, reasonOf, wait } from './request.js';
import type { HubSettings } from './settings.js';

export interface BlobDownload {
  readonly settings: HubSettings;
  readonly subject: Subject;
  readonly url: string;
  readonly file: RemoteFile;
  /** Final name; appears only when the content is complete and verified. */
  readonly target: string;
  readonly signal?: AbortSignal;
  /** Bytes on disk so far; falls back when a damaged part is fetched again. */
  readonly onBytes: (bytes: number) => void;
}

/** Attempts that bring fewer bytes than this do not count as progress. */
const progressBytes = 2 ** 20;
/** A file whose hash is wrong is fetched once more from the start: what was resumed may have been damaged here. */
const verifications = 2;

/**
 * Fetches one file into the cache. Goes on where an earlier attempt of any process ended, verifies size and hash, and gives
 * it its name in one step. Throws ORZ_HUB for content that does not hash to what the hub listed.
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
  const { settings, subject, file } = download;
  for (let attempt = 1; ; attempt++) {
    const found = await fetchAll(download, path);
    if (found === file.digest) return;
    await rm(path);
    if (attempt === verifications)
      throw untrustworthy(
        settings,
        subject,
        `What came for ${file.path} is not what the hub lists: its hash is wrong`,
        found,
        file.digest,
      );
  }
}

/** Fetches until the file is complete and returns its hash. Connections that break are taken up again where they ended. */
async function fetchAll(download: BlobDownload, path: string): Promise<string> {
  const { settings, subject, file, signal } = download;
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
        // Whoever refuses or breaks the rules does so again; a disk error is no fault of the connection.
        if (isOrzError(failure) || (failure as NodeJS.ErrnoException).syscall === 'write') throw failure;
        failures = writer.done - before >= progressBytes ? 1 : failures + 1;
        if (failures >= maxAttempts) throw unreachable(settings, subject, reasonOf(failure), failure);
        await wait(delay(settings, subject, failures), signal);
      }
    }
    return await writer.finish();
  } finally {
    await writer.close();
  }
}

/** One request for what is missing. */
async function fetchRest({ settings, subject, url, file, signal }: BlobDownload, writer: PartialWriter): Promise<void> {
  const headers = writer.done > 0 ? { range: `bytes=${writer.done}-` } : {};
  const response = await getFromHub(url, {
    settings,
    subject,
    headers,
    connectAttempts: maxAttempts,
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.status === 206) {
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
    if (Number(from) !== writer.done || (total !== '*' && Number(total) !== file.size)) {
      await response.body?.cancel();
      throw untrustworthy(
        settings,
        subject,
        `The hub sends another part of ${file.path} than was asked for`,
        response.headers.get('content-range'),
        `bytes ${writer.done}-${file.size - 1}/${file.size}`,
      );
    }
  } else if (writer.done > 0) await writer.restart(); // The server cannot resume and sends all of it again.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    if (writer.done + chunk.length > file.size)
      throw untrustworthy(
        settings,
        subject,
        `The hub sends more of ${file.path} than it lists`,
        `over ${file.size} bytes`,
        `${file.size} bytes`,
      );
    await writer.append(chunk);
  }
}

/** Appends to a file and hashes it on the way, what was there before included. */
class PartialWriter {
  private constructor(
    private readonly file: RemoteFile,
    private readonly handle: FileHandle,
    private hash: Hash,
    private readonly onBytes: (bytes: number) => void,
    public done: number,
  ) {}

  static async open(path: string, file: RemoteFile, onBytes: (bytes: number) => void): Promise<PartialWriter> {
    const existing = (await sizeOf(path)) ?? 0;
    const kept = existing <= file.size ? existing : 0;
    if (kept < existing) await truncate(path, 0);
    const hash = startHash(file);
    if (kept > 0) for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
    onBytes(kept);
    return new PartialWriter(file, await open(path, 'a'), hash, onBytes, kept);
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

  /** Everything on disk, for certain. Returns the hash in hexadecimal digits. */
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
