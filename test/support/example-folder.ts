import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFolderStorage } from '../../cli/platform/storage.js';
import { saveModelFolder, type ExportOptions } from '../../core/model-files/save-model-folder.js';
import { exampleBase } from '../../core/conformance/example-model.js';
import type { Model } from '../../core/contracts/model.js';

/**
 * Writes the example model (random weights, letters a to k) as a Hugging Face folder below `parent`, with these files
 * beside; returns its path.
 */
export async function writeExampleFolder(
  parent: string,
  companions: Readonly<Record<string, string>> = {},
  options: ExportOptions = {},
): Promise<string> {
  const base = exampleBase();
  const weights = [...(base.weights() as Iterable<{ name: string; shape: readonly number[]; data: Float32Array }>)];
  async function* exportWeights() {
    yield* weights;
  }
  const model = {
    role: 'policy',
    tensors: { weightShapes: weights.map(({ name, shape }) => ({ name, shape })), exportWeights },
  } as unknown as Model;
  await saveModelFolder(createFolderStorage(parent), 'example', model, { ...base, ...options });
  const folder = join(parent, 'example');
  for (const [name, text] of Object.entries(companions)) writeFileSync(join(folder, name), text);
  return folder;
}
