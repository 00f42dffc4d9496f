import { knownKeys } from '../../core/config/describe.js';
import { mergeLayers, parseSet } from '../../core/config/layers.js';
import { validate } from '../../core/config/validate.js';
import { Calls } from '../../core/boundary/calls.js';
import { slotContracts } from '../../core/boundary/contracts/slots.js';
import { guard } from '../../core/boundary/guard.js';
import { partOfPlugin } from '../../core/boundary/part.js';
import type { Benchmark } from '../../core/contracts/benchmark.js';
import type { FoundProvider } from '../../core/plugin/registry.js';
import { createRandom } from '../../core/random.js';
import { type BenchmarkFlags, withFlags } from './benchmark-flags.js';
import { isBenchmarkName } from './benchmark-name.js';
import {
  badBenchmarkName,
  benchmarkTwice,
  noBenchmark,
  settingsNoObject,
  unknownBenchmark,
  unusedSettings,
} from './errors.js';
import type { EvaluationContext } from './grading.js';
import { heldOutSets } from './held-out-sets.js';

/** What the command line says about benchmarks. */
export interface BenchmarkChoice {
  /** Types of benchmarks, or paths of files; none for the held-out sets of a run. */
  readonly names: readonly string[];
  /** `benchmarks.NAME.setting=value`. */
  readonly set: readonly string[];
  /** What flags say of all benchmarks; a setting of a benchmark goes first. */
  readonly shared: BenchmarkFlags;
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
  requireUsed(choice);
  const chosen = await chosenOnes(choice, context);
  const bad = chosen.find(({ name }) => !isBenchmarkName(name));
  if (bad) throw badBenchmarkName(bad.name);
  const twice = chosen.find(({ name }, i) => chosen.findIndex((other) => other.name === name) !== i);
  if (twice) throw benchmarkTwice(twice.name);
  return chosen;
}

async function chosenOnes(choice: BenchmarkChoice, context: EvaluationContext): Promise<Benchmark[]> {
  const { names, run, shared } = choice;
  if (names.length === 0) {
    if (run === undefined) throw noBenchmark(context.registry.types('benchmark'));
    return heldOutSets(run, shared, context);
  }
  const chosen: Benchmark[] = [];
  for (const name of names) chosen.push(await createBenchmark(name, choice, context));
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
  const stated = { ...settingsFor(type, set), ...(isPath(name) && { path: name }) };
  const made = await createFor(found, stated, { chat, context });
  return withFlags(made, Object.fromEntries(Object.entries(shared).filter(([key]) => !Object.hasOwn(stated, key))));
}

interface Circumstances {
  readonly chat: boolean;
  readonly context: EvaluationContext;
}

async function createFor(
  found: FoundProvider,
  stated: Readonly<Record<string, unknown>>,
  { chat, context }: Circumstances,
): Promise<Benchmark> {
  const made = await create(found, stated, context);
  const knowsExtraction = knownKeys(found.provider.settings, [])?.includes('extraction') === true;
  if (!chat || !knowsExtraction || stated['extraction'] !== undefined) return made;
  // A chat has no answer tags, so the rule of Open-Reasoner-Zero would find nothing in it.
  return create(found, { ...stated, extraction: made.form === 'choice' ? 'letter' : 'lenient' }, context);
}

/** What `--set` says of a benchmark. Throws ORZ_CONFIG_INVALID where that is no object. */
function settingsFor(type: string, set: readonly string[]): Readonly<Record<string, unknown>> {
  const { benchmarks } = mergeLayers(set.map(parseSet)).values as { benchmarks?: Readonly<Record<string, unknown>> };
  const settings = benchmarks?.[type];
  if (settings === undefined) return {};
  if (typeof settings === 'object' && settings !== null && !Array.isArray(settings))
    return settings as Readonly<Record<string, unknown>>;
  throw settingsNoObject(`${prefix}${type}`, settings);
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
