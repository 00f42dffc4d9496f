import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFolderStorage } from '../../../cli/platform/storage.js';
import { commitCheckpoint } from '../../../core/train/state/checkpoints.js';
import { emptyState } from '../run/empty-state.js';

export interface RunParts {
  readonly config?: object;
  readonly metrics?: readonly object[];
  /** Held-out reward of each checkpoint by its name. */
  readonly checkpoints?: Readonly<Record<string, number | null>>;
  readonly isFinished?: boolean;
}

/** A run folder as a run leaves it. */
export async function makeRun(folder: string, parts: RunParts = {}): Promise<string> {
  const { config = { iterations: 4 }, metrics = [], checkpoints = {}, isFinished = false } = parts;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.files'), '');
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  if (metrics.length > 0)
    writeFileSync(join(folder, 'metrics.jsonl'), metrics.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (isFinished) writeFileSync(join(folder, 'summary.json'), '{}');
  for (const [name, reward] of Object.entries(checkpoints))
    await commitCheckpoint(createFolderStorage(folder), name, { ...emptyState, reward }, async (inside) => {
      await inside.write('policy/weights', 'x'.repeat(1_000));
    });
  return folder;
}
