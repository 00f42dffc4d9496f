import { definePlugin, provide } from '../../core/plugin/define.js';
import { fileBenchmark, publishedBenchmark } from './benchmark.js';
import { catalogue, type PublishedBenchmark } from './catalogue.js';
import { benchmarkSettings, fileBenchmarkSettings } from './settings.js';

const answered = { open: 'freely', choice: 'by a letter' } as const;

const published = <const T extends string>(name: T) => {
  const known = catalogue.find((entry): entry is PublishedBenchmark & { readonly name: T } => entry.name === name);
  if (known === undefined) throw new TypeError(`the catalogue has no ${name}`);
  return provide('benchmark', name, {
    description: `${known.title}: ${known.questions} questions, answered ${answered[known.form]}`,
    settings: benchmarkSettings,
    create: (settings, host) => publishedBenchmark(known, settings, host),
  });
};

/** The benchmarks of the paper and its peers, and files of the user's. */
export default definePlugin({
  name: 'benchmarks',
  provides: [
    published('math500'),
    published('aime2024'),
    published('aime2025'),
    published('gpqa-diamond'),
    published('gsm8k'),
    published('mmlu'),
    published('mmlu-pro'),
    provide('benchmark', 'file', {
      description: 'Questions of your own, from a file or a dataset on the hub',
      settings: fileBenchmarkSettings,
      create: (settings, host) => fileBenchmark(settings, host),
    }),
  ],
});
