import type { Benchmark, BenchmarkGrading, BenchmarkProtocol } from '../../core/contracts/benchmark.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { seededOrder } from '../../core/data/choices.js';
import { problemList } from '../../core/data/problem-list.js';
import { checkSource, locateFiles, requireLocalFiles, type FileHost } from '../../core/data/sources/locate.js';
import { readLocated } from '../../core/data/sources/read.js';
import type { FileSource } from '../../core/data/sources/settings.js';
import { chosenProtocol } from '../../core/evaluation/chosen-protocol.js';
import type { PublishedBenchmark } from './catalogue.js';
import type { BenchmarkSettings, Extraction, FileBenchmarkSettings } from './settings.js';

/** What a benchmark reaches its files and reports with. */
export interface BenchmarkHost {
  readonly platform: FileHost;
  readonly events: RunEvents;
}

/** Rewards behind the ways to find an answer. */
const gradings: Readonly<Record<Extraction, BenchmarkGrading>> = {
  box: { type: 'math', extraction: 'answer-tags' },
  lenient: { type: 'math', extraction: 'anywhere' },
  letter: { type: 'letter' },
};

/** A published benchmark with what settings change of it. Throws ORZ_CONFIG_INVALID for settings that contradict. */
export function publishedBenchmark(
  { published, ...known }: PublishedBenchmark,
  settings: BenchmarkSettings,
  host: BenchmarkHost,
): Benchmark {
  const stated = sourceOf(settings);
  // A place of the user's replaces the published one with all that describes it.
  const source = stated.path === undefined && stated.hub === undefined ? { ...published, ...stated } : stated;
  return benchmark(known, source, settings, host);
}

/** Where and how to read, as far as the settings say it. */
function sourceOf({ path, hub, revision, config, split, files, form, where }: BenchmarkSettings): FileSource {
  const all = { path, hub, revision, config, split, files, form, where };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const ofUser: BenchmarkProtocol = {
  samples: 16,
  temperature: 1,
  topP: 1,
  maxResponseTokens: 8000,
  origin: 'this project: as for the benchmarks of the paper',
};

/** A file of the user's as a benchmark. */
export function fileBenchmark(settings: FileBenchmarkSettings, host: BenchmarkHost): Benchmark {
  const { name = nameOf(settings), title = name, licence, choice, fields, id } = settings;
  const place = settings.path ?? settings.hub ?? '';
  return benchmark(
    {
      name,
      title,
      licence,
      source: place || 'unknown',
      questions: null,
      form: choice ? 'choice' : 'open',
      protocol: ofUser,
    },
    { ...sourceOf(settings), ...(fields && { fields }), ...(id !== undefined && { id }) },
    settings,
    host,
  );
}

/** `exam` for `data/exam.jsonl`, with whatever a name may not hold replaced. */
const nameOf = ({ path, hub }: FileBenchmarkSettings): string =>
  ((path ?? hub ?? '').split(/[\\/]/).at(-1) ?? '')
    .replace(/\.\w+$/, '')
    .replace(/[^\w.-]/g, '-')
    .replace(/^\.+/, '') || 'file';

type Known = Omit<Benchmark, 'open' | 'grading'>;

function benchmark(known: Known, source: FileSource, settings: BenchmarkSettings, host: BenchmarkHost): Benchmark {
  const { limit, extraction = 'box', optionSeed, samples, temperature, topP, maxResponseTokens } = settings;
  const named = { source, name: known.name, origin: `benchmarks.${known.name}`, split: 'test' as const };
  checkSource(named);
  return {
    ...known,
    protocol: chosenProtocol(known.protocol, { samples, temperature, topP, maxResponseTokens }),
    grading: gradings[extraction],
    open: async () => {
      await requireLocalFiles([named], host.platform);
      const files = await locateFiles(named, host.platform, host.events);
      const order = optionSeed === null ? undefined : seededOrder(optionSeed, 'options');
      const { problems } = await readLocated({ named, files }, host.events, order);
      return problemList(problems.slice(0, limit));
    },
  };
}
