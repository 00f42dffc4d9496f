import * as z from 'zod';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { ReferenceBackend } from './backend.js';

/** Tensor programs in plain TypeScript. */
export default definePlugin({
  name: 'backend-reference',
  provides: [
    provide('backend', 'reference', {
      description: 'Plain TypeScript in float64: slow, easy to verify, runs everywhere',
      settings: z.strictObject({}),
      create: () => new ReferenceBackend(),
    }),
  ],
});
