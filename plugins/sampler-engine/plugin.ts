import * as z from 'zod';
import { definePlugin, provide } from '../../core/plugin/define.js';

/** The sampler that the engine itself has. */
export default definePlugin({
  name: 'sampler-engine',
  provides: [
    provide('sampler', 'engine', {
      description: "The engine's own sampler",
      settings: z.strictObject({}),
      create: () => ({ name: 'engine', create: (engine) => engine.sampler }),
    }),
  ],
});
