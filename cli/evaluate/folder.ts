import { mkdir, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { leafValues } from '../../core/config/layers.js';
import type { Storage } from '../../core/contracts/storage.js';
import type { EvaluationResults } from '../../core/evaluation/results.js';
import { createFolderStorage } from '../platform/storage.js';
import { cannotCreate } from '../run/errors.js';
import { lockFolder, lockName, type FolderLock } from '../run/lock.js';
import { foreignFolder, otherSettings } from './errors.js';
import { ResponseFile, type ResponseShape } from './response-file.js';

/** Everything that decides the responses and how they are graded: equal settings are the same evaluation. */
export type EvaluationSettings = Omit<EvaluationResults, 'benchmarks'> & {
  readonly benchmarks: readonly Omit<EvaluationResults['benchmarks'][number], 'statistics' | 'questions'>[];
};

const settingsFile = 'settings.json';
const resultsFile = 'results.json';

/** Whether an evaluation was begun in the folder. */
export const isEvaluationFolder = async (path: string): Promise<boolean> =>
  (await stat(join(path, settingsFile)).catch(() => undefined)) !== undefined;

/** The folder of one evaluation, which goes on where it was. */
export class EvaluationFolder {
  private constructor(
    private readonly storage: Storage,
    private readonly lock: FolderLock,
  ) {}

  /**
   * Opens a new folder, or one that an evaluation with the same settings has begun, and locks it until it is closed.
   * Throws ORZ_RESUME naming the first setting that differs, ORZ_USAGE for a folder with something else in it,
   * ORZ_RUN_LOCKED while another process is evaluating there.
   */
  static async open(path: string, settings: EvaluationSettings): Promise<EvaluationFolder> {
    const storage = createFolderStorage(path);
    if (!(await isEvaluationFolder(path))) await makeEmpty(path);
    const lock = await lockFolder(resolve(path));
    try {
      const bytes = await storage.read(settingsFile);
      if (bytes === undefined) await storage.write(settingsFile, asText(settings));
      else requireSame(bytes, settings, join(path, settingsFile));
      return new EvaluationFolder(storage, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  responses(benchmark: string, shape: ResponseShape): Promise<ResponseFile> {
    return ResponseFile.open(this.storage, benchmark, shape);
  }

  async writeResults(results: EvaluationResults): Promise<void> {
    await this.storage.write(resultsFile, asText(results));
  }

  close(): Promise<void> {
    return this.lock.release();
  }
}

/** Nothing is written into a folder of somebody else's, not even a lock. */
async function makeEmpty(path: string): Promise<void> {
  const names: readonly string[] = await readdir(path).catch(() => []);
  if (names.some((name) => name !== lockName)) throw foreignFolder(path, names);
  await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    throw cannotCreate(path, cause);
  });
}

const asText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function requireSame(bytes: Uint8Array, settings: EvaluationSettings, file: string): void {
  let before: unknown;
  try {
    before = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    before = undefined;
  }
  const [old, now] = [before, JSON.parse(JSON.stringify(settings)) as unknown].map(
    (value) => new Map(leafValues(value).map(([path, leaf]) => [path, JSON.stringify(leaf)])),
  );
  const paths = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
  const differing = [...paths].find((path) => old?.get(path) !== now?.get(path));
  if (differing !== undefined)
    throw otherSettings(file, nameOf(differing, settings), [old?.get(differing), now?.get(differing)]);
}

/** `benchmarks.gsm8k.…` for `benchmarks.0.…`. */
const nameOf = (path: string, { benchmarks }: EvaluationSettings): string =>
  path.replace(/^benchmarks\.(\d+)/, (whole, index) => {
    const name = benchmarks[Number(index)]?.name;
    return name === undefined ? whole : `benchmarks.${name}`;
  });
