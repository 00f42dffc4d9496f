import { knownKeys } from '../../core/config/describe.js';
import { parseSet, type Layer } from '../../core/config/layers.js';
import { validate } from '../../core/config/validate.js';
import { Calls } from '../../core/boundary/calls.js';
import { slotContracts } from '../../core/boundary/contracts/slots.js';
import { guard } from '../../core/boundary/guard.js';
import { partOfPlugin } from '../../core/boundary/part.js';
import { createRunContainer } from '../../core/container/run-container.js';
import type { Benchmark } from '../../core/contracts/benchmark.js';
import type { FoundProvider } from '../../core/plugin/registry.js';
import { createRandom } from '../../core/random.js';
import { benchmarkTwice, noBenchmark, noHeldOutSets, unknownBenchmark, unusedSettings } from './errors.js';
import type { EvaluationContext } from './grading.js';

/** What the command line says about benchmarks. */
export interface BenchmarkChoice {
  /** Types of benchmarks, or paths of files; none for the held-out sets of a run. */
  readonly names: readonly string[];
  /** `benchmarks.NAME.setting=value`. */
  readonly set: readonly string[];
  /** Settings for all benchmarks that know them. */
  readonly shared: Readonly<Record<string, unknown>>;
  /** Whether the model answers in a chat, where no answer tags can be expected. */
  readonly chat: boolean;
  /** The run whose held-out sets are evaluated where no benchmark is named. */
  readonly run?: string;
}

const prefix = 'benchmarks.';

/** Divides `--set` into what is for benchmarks and what is for the configuration. */
export function divideSettings(set: readonly string[]): { readonly benchmarks: string[]; readonly config: string[] } {
  const [benchmarks, config] = [true, false].map((wanted) => set.filter((text) => text.startsWith(prefix) === wanted));
  return { benchmarks: benchmarks ?? [], config: config ?? [] };
}

/** The chosen benchmarks with their settings. Throws ORZ_USAGE and ORZ_CONFIG_* for what is wrong with them. */
export async function chooseBenchmarks(choice: BenchmarkChoice, context: EvaluationContext): Promise<Benchmark[]> {
  const { names, run } = choice;
  const known = context.registry.types('benchmark');
  if (names.length === 0) {
    if (run === undefined) throw noBenchmark(known);
    return heldOutSets(run, choice, context);
  }
  requireUsed(choice);
  const chosen: Benchmark[] = [];
  for (const name of names) chosen.push(await createBenchmark(name, choice, context));
  const twice = chosen.find(({ name }, i) => chosen.findIndex((other) => other.name === name) !== i);
  if (twice) throw benchmarkTwice(twice.name);
  return chosen;
}

/** A name with a slash or an ending is a file. */
const isPath = (name: string): boolean => /[\\/]|\.\w+$/.test(name);
const typeOf = (name: string): string => (isPath(name) ? 'file' : name);

function requireUsed({ names, set }: BenchmarkChoice): void {
  const types = names.map(typeOf);
  const unused = set.find((text) => !types.includes(text.slice(prefix.length).split(/[.=]/)[0] ?? ''));
  if (unused !== undefined) throw unusedSettings(`--set ${unused}`, types);
}

async function createBenchmark(
  name: string,
  { set, shared, chat }: BenchmarkChoice,
  context: EvaluationContext,
): Promise<Benchmark> {
  const { registry } = context;
  const type = typeOf(name);
  if (!registry.types('benchmark').includes(type)) throw unknownBenchmark(name, registry.types('benchmark'));
  const found = await registry.find('benchmark', type);
  const keys = knownKeys(found.provider.settings, []) ?? [];
  const stated: Readonly<Record<string, unknown>> = {
    ...Object.fromEntries(Object.entries(shared).filter(([key]) => keys.includes(key))),
    ...settingsFor(type, set),
    ...(isPath(name) && { path: name }),
  };
  const made = await create(found, stated, context);
  if (!chat || !keys.includes('extraction') || stated['extraction'] !== undefined) return made;
  // A chat has no answer tags, so the rule of Open-Reasoner-Zero would find nothing in it.
  return create(found, { ...stated, extraction: made.form === 'choice' ? 'letter' : 'lenient' }, context);
}

function settingsFor(type: string, set: readonly string[]): Record<string, unknown> {
  const layers = set.map((text): Layer => parseSet(text.slice(prefix.length)));
  return Object.assign(
    {},
    ...layers.map(({ values }) => (values as Readonly<Record<string, unknown>>)[type] ?? {}),
  ) as Record<string, unknown>;
}

async function create(
  { plugin, provider }: FoundProvider,
  stated: Readonly<Record<string, unknown>>,
  { resolved, platform, events }: EvaluationContext,
): Promise<Benchmark> {
  const path = `benchmarks.${provider.type}`;
  const origins = new Map(Object.keys(stated).map((key) => [`${path}.${key}`, 'command line']));
  const settings = validate(provider.settings, stated, { prefix: path, origins });
  const part = partOfPlugin(plugin, `benchmark '${provider.type}'`);
  const calls = new Calls(resolved.config.guards);
  const made = await provider.create(settings as never, {
    platform,
    events,
    random: createRandom(resolved.config.seed),
    get: () => {
      throw new TypeError('a benchmark starts alone');
    },
    identity: () => undefined,
  });
  return guard(slotContracts.benchmark, made, { part, calls });
}

/** The held-out sets of a run as benchmarks, measured and graded as during training. */
async function heldOutSets(run: string, { shared }: BenchmarkChoice, context: EvaluationContext): Promise<Benchmark[]> {
  const { resolved, platform, events } = context;
  const random = createRandom(resolved.config.seed);
  const container = await createRunContainer({ resolved, platform, events, random, only: ['data'] });
  const { evaluation } = await container.get('data').open();
  const { evaluation: how, maxResponseTokens, reward } = resolved.config;
  const sets = Object.entries(evaluation).map(([name, problems]): Benchmark => {
    const { limit, ...stated } = shared;
    const limited = typeof limit === 'number' ? Math.min(limit, problems.length) : problems.length;
    return {
      name,
      title: name,
      source: `held-out set of the run ${run}`,
      licence: 'as its source',
      questions: problems.length,
      form: 'open',
      protocol: {
        samples: how.samples,
        temperature: how.temperature,
        topP: 1,
        maxResponseTokens,
        origin: 'configuration of the run',
        ...stated,
      },
      grading: reward,
      open: () => Promise.resolve({ length: limited, at: (index) => problems.at(index) }),
    };
  });
  await container.dispose();
  if (sets.length === 0) throw noHeldOutSets(run);
  return sets;
}
