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
];
