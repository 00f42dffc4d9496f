import { z } from 'zod';
import type { Plugin } from '../core/plugin/define.js';
import { placeholder } from '../core/plugin/placeholder.js';

/** Providers that the presets for real language models name and that this version cannot start. */
export const reservedPlugins: readonly Plugin[] = [
  placeholder({
    name: 'huggingface',
    slot: 'model',
    type: 'huggingface',
    description: 'Weights and tokenizer in Hugging Face form (not in this version)',
    settings: z.strictObject({ path: z.string().min(1).describe('Folder, or name on the hub, of a Qwen2 model') }),
    remedy: 'Run --preset orz-tiny, which makes its own base model, or give a model plugin of your own.',
  }),
  placeholder({
    name: 'data-orz-json',
    slot: 'data',
    type: 'orz-json',
    description: 'Problems in the JSON form of Open-Reasoner-Zero (not in this version)',
    settings: z.strictObject({
      train: z.array(z.string().min(1)).min(1).describe('Files with problems to train on'),
      evaluation: z.record(z.string(), z.string().min(1)).describe('File of each held-out set, by name of the set'),
    }),
    remedy: 'Run --preset orz-tiny, which makes its own problems, or give a data plugin of your own.',
  }),
];
