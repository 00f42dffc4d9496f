import { afterEach, beforeEach, vi } from 'vitest';
import { withoutColors } from '../terminal/without-colors.js';
import { temporaryFolder } from '../temporary-folder.js';

/** What one test of a command sees. */
export interface InFolder {
  /** Empty at the start of each test, and the current folder of the process while it runs. */
  folder: string;
  /** Without colours, in place of the terminal. */
  printed: { out: string; err: string };
}

/** Gives each test of a file a folder of its own and takes what it prints. */
export function useFolder(): InFolder {
  const home = process.cwd();
  const current: InFolder = { folder: '', printed: { out: '', err: '' } };
  beforeEach(() => {
    const printed = (current.printed = { out: '', err: '' });
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed.out += withoutColors(String(text));
      return true;
    });
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      printed.err += withoutColors(String(text));
      return true;
    });
    current.folder = temporaryFolder();
    process.chdir(current.folder);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.chdir(home);
  });
  return current;
}
