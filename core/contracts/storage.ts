/** Length and SHA-256 (hexadecimal) of the content of a file. */
export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

/** Files of one run, addressed by relative path with `/`. */
export interface Storage {
  /** Where the folder is, for messages. */
  readonly location: string;
  /** A file, or its bytes `from` up to, not including, `to`; undefined if there is none. The caller owns the result. */
  read(path: string, from?: number, to?: number): Promise<Uint8Array | undefined>;
  /** Bytes of a file; undefined if there is no such file. */
  size(path: string): Promise<number | undefined>;
  /** Read from disk, in chunks; undefined if there is no such file. */
  digest(path: string): Promise<FileDigest | undefined>;
  /**
   * All or nothing: readers see the old content or the new, never a part. Chunks are written in order. It survives a
   * power cut once this returns, unless `lasting` is false: then only after a flush. Returns the digest of what was
   * written.
   */
  write(
    path: string,
    content: string | Uint8Array | AsyncIterable<Uint8Array>,
    options?: { readonly lasting?: boolean },
  ): Promise<FileDigest>;
  /** Appends to a file, creating it if missing. A crash may leave a part of what was appended. */
  append(path: string, content: string | Uint8Array): Promise<void>;
  /** What was written or appended to a file, or to any file below a folder, survives a power cut once this returns. */
  flush(path: string): Promise<void>;
  /** Keeps the first `bytes` bytes of a file that has at least as many; a missing or shorter one throws ORZ_STORAGE. */
  truncate(path: string, bytes: number): Promise<void>;
  /** Creates an empty folder, whose name must be free, and the folders above it as needed. */
  makeFolder(path: string): Promise<void>;
  /** Renames a file or folder, atomically and durably; the new name must be free. */
  rename(from: string, to: string): Promise<void>;
  /** Paths of all files that begin with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>;
  /** Removes a file, or a folder with its contents; does nothing if there is none. */
  remove(path: string): Promise<void>;
}
