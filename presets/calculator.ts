import { definePreset } from '../core/config/preset.js';

const sizing = 'this project: docs/results.md';

/** `orz-tiny` with a tool: a base model that sometimes calls a calculator, and slips more often where it does not. */
export const calculator = definePreset({
  name: 'calculator',
  description:
    'Several turns: orz-tiny with a calculator that its base model calls now and then, and where calling pays',
  changes: 'orz-tiny',
  values: {
    environment: 'calculator',
    model: { type: 'arithmetic-base', toolShare: 0.1, slipRate: 0.05 },
  },
  sources: {
    environment: 'this project: docs/environments.md',
    model: sizing,
  },
});
