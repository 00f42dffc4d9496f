import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { loadModelFolder } from '../../core/checkpoint/model-folder.js';
import { OrzError } from '../../core/errors.js';
import { definePlugin, provide } from '../../core/plugin/define.js';

/** A model that an earlier run saved, as the base of this one: several runs then share one base model. Reads files, so it needs Node. */
export default definePlugin({
  name: 'model-folder',
  provides: [provide('model', 'folder', {
    description: 'A model saved by an earlier run, for example runs/NAME/checkpoints/base/policy',
    settings: z.strictObject({ path: z.string().min(1).describe('Folder with config.json, tokenizer.json and model.safetensors; relative to where the command runs') }),
    create: ({ path }) => {
      const load = () => loadModelFolder((name) => read(join(path, name)), resolve(path));
      return { name: 'folder', describe: load, load };
    },
  })],
});

async function read(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new OrzError('ORZ_STORAGE', `cannot read ${file}: ${(cause as Error).message}`, { value: code, origin: file, remedy: 'check the path and the rights on it', cause });
  }
}
