import * as z from 'zod';
import { joinBytes } from '../../core/arrays.js';
import type { Storage } from '../../core/contracts/storage.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { scalarsEvent, scalarsOf, versionEvent } from './event.js';
import { frame } from './record.js';

/**
 * TensorBoard finds event files by `tfevents` in their name. One name for a run, so that a resumed run appends to the
 * same file.
 */
const eventFile = 'events.out.tfevents.orz';

/** Scalars for TensorBoard. */
export default definePlugin({
  name: 'metrics-tensorboard',
  provides: [
    provide('metrics', 'tensorboard', {
      description: 'Every number of each iteration as an event file of the run folder, for TensorBoard',
      settings: z.strictObject({
        folder: z
          .string()
          .min(1)
          .default('tensorboard')
          .describe('Folder in the run folder; point `tensorboard --logdir` at it, or at a folder above'),
      }),
      create: ({ folder }, { platform: { storage } }) => {
        const file = `${folder}/${eventFile}`;
        let begun = false;
        return {
          name: 'tensorboard',
          record: async (metrics) => {
            const now = Date.now() / 1000;
            const events = begun || !(await isEmpty(storage, file)) ? [] : [versionEvent(now)];
            events.push(scalarsEvent(now, Number(metrics['iteration']), scalarsOf(metrics)));
            await storage.append(file, joinBytes(events.map(frame)));
            begun = true;
          },
        };
      },
    }),
  ],
});

const isEmpty = async (storage: Storage, file: string): Promise<boolean> => ((await storage.size(file)) ?? 0) === 0;
