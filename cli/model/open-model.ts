import { describeModelFolder, loadModelFolder } from '../../core/model-files/model-folder.js';
import { parseSet, type Layer } from '../../core/config/layers.js';
import { resolveConfig, type ResolvedConfig } from '../../core/config/resolve.js';
import { loraOf, type SingleSlot } from '../../core/config/schema.js';
import { createRunContainer, type RunContainer } from '../../core/container/run-container.js';
import type { StateReference } from '../../core/contracts/engine.js';
import type { BaseModel, ModelDescription, ModelSourceContext } from '../../core/contracts/model-source.js';
import type { NamedTensor } from '../../core/contracts/model.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import type { LoraSettings } from '../../core/compute/nn/lora.js';
import { countParameters, decoderParameters } from '../../core/compute/nn/parameters.js';
import type { Registry } from '../../core/plugin/registry.js';
import { createRandom, type Random } from '../../core/random.js';
import { withoutWeights } from '../../core/train/loop/base-model.js';
import type { ConfigFile } from '../config/find-config.js';
import { gatherBelow, numberOrText, openRegistry, runLayers, type GatheredConfig } from '../config/gather.js';
import { readRunConfig } from '../config/run-config.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { namedOrNewest } from '../run/default-run.js';
import { latestRun, openSavedModel } from '../run/saved-model.js';

/** How a command says which model it means, as typed. */
export interface ModelFlags {
  readonly runDir?: string;
  /** Name of the checkpoint of the run; absent, its newest. */
  readonly checkpoint?: string;
  readonly model?: string;
  readonly revision?: string;
  /** Type of the template; absent, that of the run, or the one that all presets share. */
  readonly template?: string;
  readonly seed?: string;
  readonly backend?: string;
  readonly set?: readonly string[];
  readonly trustPlugins?: boolean;
  /** Configuration below these flags, for a model that is none of a run; absent, the recipe that all presets share. */
  readonly file?: ConfigFile | undefined;
}

/** A model whose description is known, with the parts that sample from it. The caller closes it. */
export interface OpenedModel {
  readonly container: RunContainer;
  /** Known before any weights are fetched or read, so that a wrong prompt fails early. */
  readonly description: ModelDescription;
  /** Fetches the weights if they are not here. They are read when they are iterated, which is reported as progress. */
  load(): Promise<BaseModel>;
  /** Where the engine keeps the weights, if it does and they are not those of the base model. */
  readonly reference?: StateReference;
  /** The adapters that such a model consists of, if it was trained with any. */
  readonly lora?: LoraSettings | undefined;
  /** Disposes the container and lets go of the files. */
  close(): Promise<void>;
  readonly random: Random;
  /** The configuration that the flags and the run make, with all plugins. */
  readonly resolved: ResolvedConfig;
  readonly registry: Registry;
  /** Absolute paths of the user's plugins. */
  readonly plugins: readonly string[];
  /** Which model it is. */
  readonly identity: ModelIdentity;
  /** What sampling does where no flag says otherwise. */
  readonly defaults: {
    readonly temperature: number;
    readonly topP: number;
    readonly topK: number;
    readonly maxTokens: number;
  };
}

/** Where a model came from, as the user named it. */
export interface ModelIdentity {
  readonly kind: 'run' | 'model';
  readonly name: string;
  readonly revision?: string;
  /** Of the checkpoint of a run. */
  readonly iteration?: number;
}

/** Maximum response length of a model that no run has configured, in tokens; less if the model has fewer positions. */
const defaultMaxTokens = 256;
const parts = ['template', 'optimizer', 'engine', 'sampler'] as const satisfies readonly SingleSlot[];

/** The model of the flags: one of the hub or a folder, or what a run saved last. */
export function openModel(flags: ModelFlags, events: RunEvents, signal: AbortSignal): Promise<OpenedModel> {
  return flags.model === undefined ? openRun(flags, events) : openAny(flags, flags.model, events, signal);
}

async function openRun(flags: ModelFlags, events: RunEvents): Promise<OpenedModel> {
  const runDir = await namedOrNewest(flags.runDir, latestRun);
  const { layers, plugins } = await runLayers(await readRunConfig(runDir, '--run-dir'), flagLayers(flags), flags);
  const registry = await openRegistry(plugins);
  const resolved = await resolveConfig(layers, registry);
  const { maxResponseTokens: maxTokens, ...config } = resolved.config;
  const { type: environment } = config.environment;
  if (environment !== 'none')
    events.log('warn', `one turn is sampled: nothing answers in place of the environment '${environment}'`);
  const { folder, atEngine, reference, iteration, close } = await openSavedModel(runDir, 'policy', flags.checkpoint);
  try {
    return await start({
      resolved,
      registry,
      plugins,
      identity: { kind: 'run', name: runDir, iteration },
      folder: runDir,
      events,
      defaults: { ...config, maxTokens },
      only: atEngine ? ['model', ...parts] : parts,
      source: (container, context) =>
        atEngine
          ? configuredModel(container, context)
          : { describe: () => describeModelFolder(folder), load: () => loadModelFolder(folder) },
      close,
      ...(reference && { reference, lora: loraOf(config) }),
    });
  } catch (error) {
    await close();
    throw error;
  }
}

/** Its parts for training are never started. */
async function openAny(flags: ModelFlags, path: string, events: RunEvents, signal: AbortSignal): Promise<OpenedModel> {
  const model = { type: 'huggingface', path, ...(flags.revision === undefined ? {} : { revision: flags.revision }) };
  const { registry, resolved, plugins } = await resolveAlone({ label: '--model', values: { model } }, flags);
  const { temperature, topP, topK } = resolved.config;
  const { revision } = flags;
  return start({
    resolved,
    registry,
    plugins,
    identity: { kind: 'model', name: path, ...(revision !== undefined && { revision }) },
    folder: '.',
    events,
    defaults: { temperature, topP, topK, maxTokens: defaultMaxTokens },
    only: ['model', ...parts],
    source: configuredModel,
    signal,
  });
}

/**
 * The configuration file, or the recipe that all presets share, with a model and the flags: for whoever samples and
 * trains nothing. Throws as {@link gatherBelow} does.
 */
export function resolveAlone(
  { label, values }: Layer,
  flags: ModelFlags,
): Promise<Pick<GatheredConfig, 'registry' | 'resolved' | 'plugins'>> {
  const unused = { iterations: 1, data: 'arithmetic' };
  const layers: Layer[] = [{ label, values: { ...unused, ...values } }, ...flagLayers(flags)];
  return gatherBelow(layers, { file: flags.file, preset: 'orz-base' }, process.cwd());
}

function flagLayers({ set = [], backend, seed, template }: ModelFlags): Layer[] {
  return [
    ...(template === undefined ? [] : [{ label: `--template ${template}`, values: { template } }]),
    ...(backend === undefined ? [] : [{ label: `--backend ${backend}`, values: { backend } }]),
    ...(seed === undefined ? [] : [{ label: `--seed ${seed}`, values: { seed: numberOrText(seed) } }]),
    ...set.map(parseSet),
  ];
}

interface Source {
  describe(): Promise<ModelDescription>;
  load(): Promise<BaseModel>;
}

/** The base model of the configuration; of an engine that has its weights, only the description. */
function configuredModel(container: RunContainer, context: ModelSourceContext): Source {
  const model = container.get('model');
  const describe = () => model.describe(context);
  const isRemote = container.get('engine').hasWeights === true;
  return { describe, load: async () => (isRemote ? withoutWeights(await describe()) : model.load(context)) };
}

interface Start extends Pick<OpenedModel, 'resolved' | 'registry' | 'plugins' | 'identity'> {
  readonly folder: string;
  readonly events: RunEvents;
  readonly defaults: OpenedModel['defaults'];
  readonly only: readonly SingleSlot[];
  readonly source: (container: RunContainer, context: ModelSourceContext) => Source;
  readonly signal?: AbortSignal;
  /** Where the engine keeps the weights, if it does. */
  readonly reference?: StateReference;
  readonly lora?: LoraSettings | undefined;
  /** Lets go of what `source` reads from. */
  close?(): Promise<void>;
}

async function start(request: Start): Promise<OpenedModel> {
  const { resolved, registry, plugins, identity, folder, events, defaults, only } = request;
  const { source, close, reference, lora } = request;
  const { signal = new AbortController().signal } = request;
  const random = createRandom(resolved.config.seed);
  const container = await createRunContainer({ resolved, platform: createNodePlatform(folder), events, random, only });
  try {
    const { describe, load } = source(container, { random, events, signal });
    return {
      container,
      random,
      resolved,
      registry,
      plugins,
      identity,
      defaults,
      description: await describe(),
      ...(reference && { reference, lora }),
      load: async () => withProgress(await load(), events),
      close: async () => {
        await container.dispose();
        await close?.();
      },
    };
  } catch (error) {
    await container.dispose();
    throw error;
  }
}

/** The same model; reading its weights is reported as progress. */
function withProgress(base: BaseModel, events: RunEvents): BaseModel {
  async function* weights(): AsyncIterable<NamedTensor> {
    const phase = events.phase('loading', countParameters(decoderParameters(base.config, 'language')), 'parameters');
    let done = 0;
    try {
      for await (const tensor of base.weights()) {
        yield tensor;
        phase.progress((done += tensor.data.length));
      }
    } finally {
      phase.end();
    }
  }
  return { ...base, weights };
}
