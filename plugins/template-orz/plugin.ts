import * as z from 'zod';
import { orzStopStrings, renderOrzPrompt } from '../../core/recipe/orz-template.js';
import type { Template } from '../../core/contracts/problems.js';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { isWellFormed } from './format.js';
import { isReflective } from './reflection.js';

export const orzTemplateSettings = z.strictObject({});

/** The prompt and stop strings of Open-Reasoner-Zero; the exact text is in core/recipe/orz-template.ts. */
export const createOrzTemplate = (): Template => ({
  name: 'orz',
  render: (problem) => renderOrzPrompt(problem.prompt),
  stop: orzStopStrings,
  traits: [
    { shareMetric: 'formatShare', holds: isWellFormed },
    { shareMetric: 'reflectionShare', correctLengthMetric: 'reflectiveCorrectLength', holds: isReflective },
  ],
});

export default definePlugin({
  name: 'template-orz',
  provides: [
    provide('template', 'orz', {
      description:
        'The exact prompt of Open-Reasoner-Zero, ending inside an opened think block, and its four stop strings',
      settings: orzTemplateSettings,
      create: createOrzTemplate,
    }),
  ],
});
