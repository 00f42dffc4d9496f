import * as z from 'zod';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { createHuggingFaceModel } from './model-source.js';

const settings = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      'Folder with config.json, tokenizer.json and safetensors, relative to the current folder; ' +
        'or owner/name on the hub',
    ),
  revision: z.string().min(1).optional().describe('Branch, tag or commit on the hub; default: main'),
  critic: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder of a critic that a run saved, for the critic to start from; ' +
        'if absent, it starts from the model itself with a fresh value head',
    ),
  unknownConfigKeys: z
    .enum(['error', 'warn'])
    .optional()
    .describe(
      'Unknown keys of config.json: error refuses all, warn ignores all with a warning; ' +
        'default: those that look like mathematics are refused',
    ),
});

/** Models in Hugging Face form, from a folder or from the hub, as far as the host environment can open them. */
export default definePlugin({
  name: 'huggingface',
  provides: [
    provide('model', 'huggingface', {
      description: 'A model in Hugging Face form: a local folder, one that a run saved, or a name on the hub',
      settings,
      create: (model, { platform }) => createHuggingFaceModel(model, platform),
    }),
  ],
});
