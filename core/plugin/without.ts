import * as z from 'zod';
import { definePlugin, provide } from './define.js';

const settings = z.strictObject({});

/** What a run has in the slots that it can do without; part of every registry, so that no configuration names them. */
export const without = definePlugin({
  name: 'without',
  provides: [
    provide('environment', 'none', {
      description: 'Responses of one turn (ORZ)',
      settings,
      create: () => ({ settings: {} }),
    }),
    provide('groupFilter', 'none', {
      description: 'Trains on every group (ORZ)',
      settings,
      create: () => ({ name: 'none', maxCollections: 1 }),
    }),
    provide('rewardShaping', 'none', {
      description: 'Trains on rewards as graded (ORZ)',
      settings,
      create: () => ({ name: 'none' }),
    }),
    provide('entropy', 'none', {
      description: 'No term (ORZ)',
      settings,
      create: () => ({ name: 'none', settings: {} }),
    }),
    provide('samplerCorrection', 'none', {
      description: 'No correction: the sampler computes with the weights and the precision of the trainer (ORZ)',
      settings,
      create: () => ({ name: 'none' }),
    }),
  ],
});
