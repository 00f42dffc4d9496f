import { definePlugin, provide } from '../../core/plugin/define.js';
import { fileDataSettings } from './settings.js';
import { createFileProblems } from './source.js';

/** Problems from files of many forms. Reads them with Node's file system, so it does not run in a browser. */
export default definePlugin({
  name: 'data-files',
  provides: [
    provide('data', 'files', {
      description:
        'Problems from JSON, JSONL or Parquet files, local or on the hub, in the forms of Open-Reasoner-Zero, GSM8K, ' +
        'MATH, DAPO, MMLU and others, or with fields that you name',
      settings: fileDataSettings,
      create: (settings, { platform, events }) => createFileProblems(settings, platform, events),
    }),
  ],
});
