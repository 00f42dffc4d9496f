import type { FileDigest, Storage } from '../../../core/contracts/storage.js';
import { cannotTruncate, nameTaken, nothingToRename, pathOutsideRun } from '../errors.js';
import type { ArchiveFile } from '../messages.js';

/** The files of a run in memory. */
export interface MemoryStorage extends Storage {
  /** The size of all files together. */
  bytes(): number;
  /** All files as they are at this moment. Not copies: the caller must not change them. */
  files(): ArchiveFile[];
}

/**
 * Files that live as long as the page: a static page has no disk. What is written is copied; what is read belongs to
 * the caller.
 */
export function createMemoryStorage(location: string): MemoryStorage {
  const files = new Map<string, MemoryFile>();
  const within = (path: string): [string, MemoryFile][] =>
    [...files].filter(([file]) => file === path || file.startsWith(`${path}/`));
  return {
    location,
    bytes: () => [...files.values()].reduce((sum, file) => sum + file.size, 0),
    // What is written later goes into other arrays.
    files: () => [...files].map(([path, file]) => ({ path, content: file.content() })),
    read: async (path, from = 0, to = Infinity) => files.get(checked(path))?.content().slice(from, to),
    size: async (path) => files.get(checked(path))?.size,
    digest: async (path) => {
      const file = files.get(checked(path));
      return file && digestOf(file.content());
    },
    write: async (path, content) => {
      const file = new MemoryFile();
      if (typeof content === 'string' || content instanceof Uint8Array) file.append(content);
      else for await (const chunk of content) file.append(chunk);
      files.set(checked(path), file);
      return digestOf(file.content());
    },
    append: async (path, content) => {
      const file = files.get(checked(path)) ?? new MemoryFile();
      files.set(path, file);
      file.append(content);
    },
    flush: async (path) => void checked(path),
    truncate: async (path, bytes) => {
      const file = files.get(checked(path));
      if (file === undefined || file.size < bytes) throw cannotTruncate(path, file?.size, bytes);
      file.truncate(bytes);
    },
    // Folders are only parts of names.
    makeFolder: async (path) => {
      if (within(checked(path)).length > 0) throw nameTaken(path);
    },
    rename: async (from, to) => {
      const moved = within(checked(from));
      if (moved.length === 0) throw nothingToRename(from);
      if (within(checked(to)).length > 0) throw nameTaken(to);
      for (const [path, file] of moved) {
        files.set(to + path.slice(from.length), file);
        files.delete(path);
      }
    },
    list: async (prefix) => [...files.keys()].filter((path) => path.startsWith(prefix)).sort(),
    remove: async (path) => {
      for (const [file] of within(checked(path))) files.delete(file);
    },
  };
}

/** Parts are joined only for reading, so that appending a line does not copy what is there. */
class MemoryFile {
  private parts: Uint8Array<ArrayBuffer>[] = [];
  size = 0;

  append(content: string | Uint8Array): void {
    const part =
      typeof content === 'string' ? Uint8Array.from(new TextEncoder().encode(content)) : Uint8Array.from(content);
    this.parts.push(part);
    this.size += part.length;
  }

  /** The whole content; not a copy. */
  content(): Uint8Array<ArrayBuffer> {
    const [first, ...rest] = this.parts;
    if (first !== undefined && rest.length === 0) return first;
    const whole = new Uint8Array(this.size);
    let offset = 0;
    for (const part of this.parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    this.parts = [whole];
    return whole;
  }

  truncate(bytes: number): void {
    this.parts = [this.content().slice(0, bytes)];
    this.size = bytes;
  }
}

async function digestOf(content: Uint8Array<ArrayBuffer>): Promise<FileDigest> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  return { bytes: content.length, sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('') };
}

/** The path, by the same rule as for a folder on a disk. */
function checked(path: string): string {
  const parts = path.split('/');
  if (parts.every((part) => part !== '' && part !== '.' && part !== '..') && !path.includes('\\')) return path;
  throw pathOutsideRun(path);
}
