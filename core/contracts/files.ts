/**
 * A folder of files read by ranges: on a disk, or downloaded from a hub. Names are relative with `/`; an implementation
 * refuses one that leads out of the folder.
 */
export interface FileFolder {
  /** Where it is, for messages. */
  readonly location: string;
  /** Bytes of a file; undefined if there is no such file. */
  size(name: string): Promise<number | undefined>;
  /**
   * Bytes `from` (default 0) up to, not including, `to` (default the end). The caller owns the result. Throws
   * ORZ_DATA_MISSING without the file, ORZ_STORAGE when it cannot be read.
   */
  read(name: string, from?: number, to?: number): Promise<Uint8Array>;
}

/** Files of the user's by their paths, wherever they are. */
export interface UserFiles extends FileFolder {
  /** The absolute path of one, for messages. */
  absolute(path: string): string;
}
