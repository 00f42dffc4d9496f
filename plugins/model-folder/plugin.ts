import { z } from 'zod';
import { describeModelFolder, loadModelFolder } from '../../core/checkpoint/model-folder.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { createDiskFolder } from './folder.js';

/** A model on this machine in Hugging Face form: downloaded, or saved by an earlier run. Reads files, so it needs Node. */
export default definePlugin({
  name: 'model-folder',
  provides: [provide('model', 'folder', {
    description: 'A model folder in Hugging Face form, for example runs/NAME/checkpoints/base/policy',
    settings: z.strictObject({ path: z.string().min(1).describe('Folder with config.json, tokenizer.json and safetensors files; relative to where the command runs') }),
    create: ({ path }) => {
      const folder = createDiskFolder(path);
      return { name: 'folder', describe: () => describeModelFolder(folder), load: () => loadModelFolder(folder) };
    },
  })],
});
