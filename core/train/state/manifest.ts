import * as z from 'zod';
import type { FileFolder } from '../../contracts/files.js';
import type { FileDigest, Storage } from '../../contracts/storage.js';
import { isOrzError } from '../../errors.js';
import { missingStorageFile } from '../../model-files/errors.js';
import { storageFolder } from '../../model-files/storage-folder.js';
import { damagedCheckpoint, vanishedCheckpoint } from './errors.js';

/** Length and SHA-256 of every other file in a folder that a run saved. */
export const manifestFile = 'manifest.json';

const manifestSchema = z.strictObject({
  format: z.literal(1),
  files: z.record(z.string(), z.strictObject({ bytes: z.int().min(0), sha256: z.string() })),
});

/** Digests by path in the folder. */
export type ListedFiles = Readonly<Record<string, FileDigest>>;

/** The part of a storage that reading takes. */
export type ReadableFiles = Pick<Storage, 'location' | 'read' | 'size' | 'digest'>;

/** What may be done to a folder while it is being filled. */
export type FillingStorage = Pick<Storage, 'write' | 'remove' | 'rename' | 'makeFolder'>;

/** The files that the manifest of a folder lists. Throws ORZ_CHECKPOINT if it is missing or damaged. */
export const readManifest = async (storage: ReadableFiles, folder: string): Promise<ListedFiles> =>
  (await readSaved(storage, `${folder}/${manifestFile}`, manifestSchema)).files;

export const writeManifest = (storage: Storage, folder: string, digests: ReadonlyMap<string, FileDigest>) =>
  storage.write(`${folder}/${manifestFile}`, savedText({ format: 1, files: Object.fromEntries(digests) }), {
    lasting: false,
  });

/** Reads and compares every byte of a file. Throws ORZ_CHECKPOINT, naming the file, if it is not as it was written. */
export async function verifyFile(storage: ReadableFiles, path: string, expected: FileDigest): Promise<void> {
  const found = await undamaged(path, () => storage.digest(path));
  if (found === undefined) throw damagedCheckpoint(path, 'it is missing');
  if (found.bytes !== expected.bytes)
    throw damagedCheckpoint(path, `it has ${found.bytes} bytes instead of ${expected.bytes}`);
  if (found.sha256 !== expected.sha256) throw damagedCheckpoint(path, 'its content has changed since it was written');
}

/**
 * The folder `name` in a folder that a run saved. It holds what the manifest lists and nothing else, and each file is
 * compared with it before the first byte is given out. Throws ORZ_CHECKPOINT as {@link verifyFile} does, and if the
 * whole folder is gone by then.
 */
export async function verifiedFolder(storage: ReadableFiles, saved: string, name: string): Promise<FileFolder> {
  const verified = new Map<string, Promise<void>>();
  const verify = async (path: string, expected: FileDigest): Promise<void> => {
    const check = verified.get(path) ?? verifyFile(storage, path, expected);
    verified.set(path, check);
    await check.catch(async (error: unknown) => {
      throw (await isGone(storage, saved)) ? vanishedCheckpoint(`${storage.location}/${saved}`) : error;
    });
  };
  return listedFolder(storage, { saved, name, files: await readManifest(storage, saved) }, verify);
}

/** A folder of which only the files in a manifest are seen. */
export interface Listed {
  /** Folder of the manifest. */
  readonly saved: string;
  /** Folder in it. */
  readonly name: string;
  readonly files: ListedFiles;
}

/** The files of `listed`; `verify` is called before a file is used: none if all were verified before. */
export function listedFolder(
  storage: ReadableFiles,
  { saved, name, files }: Listed,
  verify: (path: string, expected: FileDigest) => Promise<void> = () => Promise.resolve(),
): FileFolder {
  const folder = storageFolder(storage, `${saved}/${name}`);
  const verifiedEntry = async (file: string): Promise<FileDigest | undefined> => {
    const expected = files[`${name}/${file}`];
    if (expected !== undefined) await verify(`${saved}/${name}/${file}`, expected);
    return expected;
  };
  return {
    location: folder.location,
    size: async (file) => (await verifiedEntry(file))?.bytes,
    read: async (file, from, to) => {
      if ((await verifiedEntry(file)) === undefined) throw missingStorageFile(file, folder.location);
      return folder.read(file, from, to);
    },
  };
}

const isGone = async (storage: ReadableFiles, saved: string): Promise<boolean> =>
  (await storage.size(`${saved}/${manifestFile}`).catch(() => undefined)) === undefined;

/** `storage` seen from a folder that is being filled; records the digest of every file in it. */
export function fillingFolder(storage: Storage, folder: string, digests: Map<string, FileDigest>): FillingStorage {
  const below = (path: string): string[] =>
    [...digests.keys()].filter((key) => key === path || key.startsWith(`${path}/`));
  return {
    makeFolder: (path) => storage.makeFolder(`${folder}/${path}`),
    write: async (path, content) => {
      const digest = await storage.write(`${folder}/${path}`, content, { lasting: false });
      digests.set(path, digest);
      return digest;
    },
    remove: async (path) => {
      await storage.remove(`${folder}/${path}`);
      for (const key of below(path)) digests.delete(key);
    },
    rename: async (from, to) => {
      await storage.rename(`${folder}/${from}`, `${folder}/${to}`);
      for (const key of below(from)) {
        const digest = digests.get(key);
        if (digest) digests.set(to + key.slice(from.length), digest);
        digests.delete(key);
      }
    },
  };
}

export const savedText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** A JSON file of a checkpoint. Throws ORZ_CHECKPOINT if it is missing, damaged or of another form. */
export async function readSaved<Z extends z.ZodType>(
  storage: ReadableFiles,
  path: string,
  schema: Z,
): Promise<z.infer<Z>> {
  const bytes = await undamaged(path, () => storage.read(path));
  if (bytes === undefined) throw damagedCheckpoint(path, 'it is missing');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw damagedCheckpoint(path, 'it is not JSON');
  }
  const parsed = schema.safeParse(value);
  const [issue] = parsed.error?.issues ?? [];
  if (issue) throw damagedCheckpoint(path, `${issue.path.join('.') || 'the whole'}: ${issue.message}`);
  return parsed.data as z.infer<Z>;
}

/** Failures to read that come from the process or its rights; the file may be intact. */
const notTheFile: readonly unknown[] = ['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ENOMEM'];

/** What cannot be read (a bad sector, a folder or a device in place of the file) is damaged. */
async function undamaged<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isOrzError(error) || error.code !== 'ORZ_STORAGE' || notTheFile.includes(error.details.value)) throw error;
    throw damagedCheckpoint(path, error.message);
  }
}
