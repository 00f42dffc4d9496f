/** Weights that a server on this machine has saved, read with skyrl-checkpoint.py. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openUserFolder } from '../../dist/cli/platform/user-folder.js';
import { readHeader, readTensor } from '../../dist/core/model-files/safetensors.js';

const script = fileURLToPath(new URL('skyrl-checkpoint.py', import.meta.url));

/**
 * @param {{ readonly checkpoints: string, readonly python: string }} where
 * @returns {(path: string) => Promise<Map<string, { name: string, shape: readonly number[], data: Float32Array }>>} by
 *   the path that the server gave: tinker://MODEL/weights/NAME
 */
export const checkpointReader =
  ({ checkpoints, python }) =>
  async (path) => {
    const [, model, name] = /^tinker:\/\/([^/]+)\/weights\/([^/]+)$/.exec(path) ?? [];
    if (model === undefined || name === undefined) throw new Error(`${path} is no checkpoint of SkyRL`);
    const folder = mkdtempSync(join(tmpdir(), 'orz-checkpoint-'));
    try {
      const file = 'weights.safetensors';
      execFileSync(python, [script, join(checkpoints, model, `${name}.tar.gz`), join(folder, file)], {
        stdio: ['ignore', 'inherit', 'pipe'],
      });
      return await readAll(folder, file);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

/** @param {string} path @param {string} file */
async function readAll(path, file) {
  const folder = await openUserFolder(path);
  if (!folder) throw new Error(`${path} is gone`);
  const tensors = new Map();
  for (const entry of await readHeader(folder, file, statSync(join(path, file)).size)) {
    const { name, shape } = entry;
    tensors.set(name, { name, shape, data: await readTensor(folder, file, entry) });
  }
  return tensors;
}
