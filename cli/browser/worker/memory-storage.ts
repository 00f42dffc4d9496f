import type { FileDigest, Storage } from '../../../core/contracts/storage.js';
import { OrzError } from '../../../core/errors.js';

/** The files of a run in memory, and what they take. */
export interface MemoryStorage extends Storage {
  bytes(): number;
}

/** Files that live as long as the page: a static page has no disk. Bytes handed in are copied, those handed out belong to the caller. */
export function createMemoryStorage(location: string): MemoryStorage {
  const files = new Map<string, MemoryFile>();
  const within = (path: string): string[] =>
    [...files.keys()].filter((file) => file === path || file.startsWith(`${path}/`));
  return {
    location,
    bytes: () => [...files.values()].reduce((sum, file) => sum + file.size, 0),
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
      if (file === undefined || file.size < bytes)
        throw storageError(`${path} has ${file?.size ?? 'no'} bytes and cannot be cut back to ${bytes}`, path);
      file.cut(bytes);
    },
    rename: async (from, to) => {
      const moved = within(checked(from));
      if (moved.length === 0) throw storageError(`there is no ${from}`, from);
      if (within(checked(to)).length > 0) throw storageError(`there is a ${to} already`, to);
      for (const path of moved) {
        files.set(to + path.slice(from.length), files.get(path)!);
        files.delete(path);
      }
    },
    list: async (prefix) => [...files.keys()].filter((path) => path.startsWith(prefix)).sort(),
    remove: async (path) => {
      for (const file of within(checked(path))) files.delete(file);
    },
  };
}

/** Parts are joined only when somebody reads, so that appending a line does not copy what is there. */
class MemoryFile {
  private parts: Uint8Array<ArrayBuffer>[] = [];
  size = 0;

  append(content: string | Uint8Array): void {
    const part =
      typeof content === 'string' ? Uint8Array.from(new TextEncoder().encode(content)) : Uint8Array.from(content);
    this.parts.push(part);
    this.size += part.length;
  }

  /** The whole, not a copy. */
  content(): Uint8Array<ArrayBuffer> {
    if (this.parts.length !== 1) {
      const whole = new Uint8Array(this.size);
      let at = 0;
      for (const part of this.parts) {
        whole.set(part, at);
        at += part.length;
      }
      this.parts = [whole];
    }
    return this.parts[0]!;
  }

  cut(bytes: number): void {
    this.parts = [this.content().slice(0, bytes)];
    this.size = bytes;
  }
}

async function digestOf(content: Uint8Array<ArrayBuffer>): Promise<FileDigest> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  return { bytes: content.length, sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('') };
}

/** The rule of a folder on a disk, so that a run behaves the same here. */
function checked(path: string): string {
  const parts = path.split('/');
  if (parts.every((part) => part !== '' && part !== '.' && part !== '..') && !path.includes('\\')) return path;
  throw new OrzError('ORZ_STORAGE', 'A file of a run must lie in its folder', {
    value: path,
    allowed: 'a relative path',
    origin: 'storage',
    remedy: 'Use a relative path without . or ..',
  });
}

const storageError = (message: string, path: string): OrzError =>
  new OrzError('ORZ_STORAGE', message, { value: path, origin: 'storage' });
