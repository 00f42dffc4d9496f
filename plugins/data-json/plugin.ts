import { definePlugin, provide } from '../../core/plugin/define.js';
import { jsonDataSettings } from './settings.js';
import { createJsonProblems } from './source.js';

/** Problems from files in the forms of Open-Reasoner-Zero. Reads them with Node's file system, so it does not run in a browser. */
export default definePlugin({
  name: 'data-json',
  provides: [provide('data', 'orz-json', {
    description: 'Problems from JSON or JSONL files in the training or evaluation form of Open-Reasoner-Zero, or with a question and an answer',
    settings: jsonDataSettings,
    create: (settings, { events }) => createJsonProblems(settings, events),
  })],
});
