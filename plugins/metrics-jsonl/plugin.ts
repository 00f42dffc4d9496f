import * as z from 'zod';
import { definePlugin, provide } from '../../core/plugin/define.js';

/**
 * Writes the numbers of each iteration to a file of the run folder, one JSON object per line, so that any tool can read
 * them during the run.
 */
export default definePlugin({
  name: 'metrics-jsonl',
  provides: [
    provide('metrics', 'jsonl', {
      description: 'One JSON object per iteration, appended to a file of the run folder',
      settings: z.strictObject({
        file: z.string().min(1).default('metrics.jsonl').describe('File in the run folder'),
      }),
      create: ({ file }, { platform }) => ({
        name: 'jsonl',
        record: (metrics) => platform.storage.append(file, `${JSON.stringify(metrics)}\n`),
      }),
    }),
  ],
});
