import { basename, resolve } from 'node:path';
import type { ResolvedConfig } from '../../core/config/resolve.js';
import { validate } from '../../core/config/validate.js';
import { createRunContainer, type RunContainer } from '../../core/container/run-container.js';
import type { DeviceInfo } from '../../core/contracts/backend.js';
import type { Loss } from '../../core/contracts/loss.js';
import type { BaseModel } from '../../core/contracts/model-source.js';
import type { Optimizer } from '../../core/contracts/optimizer.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { LocalModels, localEngineSettings } from '../../core/compute/engine/local-engine.js';
import type { Registry } from '../../core/plugin/registry.js';
import { createRandom } from '../../core/random.js';
import type { GatheredConfig } from '../config/gather.js';
import { contextOf } from '../open-backend.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { createFolderStorage } from '../platform/storage.js';
import { inspectMachine } from '../plan/machine.js';
import { Checkpoints } from './checkpoints.js';
import { engineNotLocal } from './errors.js';
import { usualLimits } from './limits.js';
import type { ServiceParts } from './service.js';

export interface OpeningOptions {
  /** Where checkpoints are. */
  readonly folder: string;
  /** In place of the name that the configuration gives the model. */
  readonly modelName: string | undefined;
  readonly events: RunEvents;
  readonly signal: AbortSignal;
}

export interface OpenedParts {
  readonly parts: ServiceParts;
  readonly device: DeviceInfo;
  /** Frees the models and the device. */
  close(): Promise<void>;
}

/**
 * Starts the backend of a configuration and loads its base model. Throws ORZ_USAGE unless its engine is the local one,
 * and what model and backend throw.
 */
export async function openParts({ resolved, registry }: GatheredConfig, options: OpeningOptions): Promise<OpenedParts> {
  const { type, ...engine } = resolved.config.engine;
  if (type !== 'local') throw engineNotLocal(type);
  const random = createRandom(resolved.config.seed);
  const { events, signal } = options;
  const platform = createNodePlatform('.');
  const container = await createRunContainer({ resolved, platform, events, random, only: ['model', 'backend'] });
  try {
    const [adam, losses] = await Promise.all([adamOf(registry), lossesOf(registry)]);
    const backend = container.get('backend');
    const base = await container.get('model').load({ random, events, signal });
    const request = { base, random, optimizer: adam({}) };
    const models = new LocalModels(localEngineSettings.parse(engine), backend, request);
    return {
      parts: {
        ...(await storedParts(base, resolved, options)),
        models,
        adam,
        losses,
        log: (message) => {
          events.log('info', message);
        },
      },
      device: backend.info,
      close: () => closeAll(models, container),
    };
  } catch (error) {
    await container.dispose();
    throw error;
  }
}

async function storedParts(base: BaseModel, { config }: ResolvedConfig, { folder, modelName }: OpeningOptions) {
  const { memoryBytes } = await inspectMachine(folder);
  return {
    modelName: modelName ?? nameOf(config.model),
    description: base,
    checkpoints: new Checkpoints(createFolderStorage(folder), base),
    limits: usualLimits(memoryBytes),
  };
}

/** A model of the hub has its name, one in a folder that of the folder, any other that of its type. */
function nameOf({ type, path }: ResolvedConfig['config']['model']): string {
  if (typeof path !== 'string') return type;
  return /^[\w.-]+\/[\w.-]+$/.test(path) && !path.startsWith('.') ? path : basename(resolve(path));
}

async function closeAll(models: LocalModels, container: RunContainer): Promise<void> {
  try {
    await models.dispose();
  } finally {
    await container.dispose();
  }
}

type Settings = Readonly<Record<string, number | null>>;

/** Makes what a provider provides, with these settings. */
async function makerOf(registry: Registry, slot: 'optimizer' | 'policyLoss' | 'valueLoss', type: string) {
  const { provider } = await registry.find(slot, type, 'serve');
  return (settings: Settings): unknown =>
    provider.create(
      validate(provider.settings, settings, { prefix: slot, origins: new Map() }) as never,
      contextOf(type),
    );
}

async function adamOf(registry: Registry) {
  const make = await makerOf(registry, 'optimizer', 'adamw');
  return (settings: Partial<Parameters<ServiceParts['adam']>[0]>) => make(settings) as Optimizer;
}

async function lossesOf(registry: Registry): Promise<ServiceParts['losses']> {
  const ppoClip = await makerOf(registry, 'policyLoss', 'ppo-clip');
  const value = await makerOf(registry, 'valueLoss', 'value');
  return {
    ppoClip: (clipEps) => ppoClip({ clipEps }) as Loss,
    value: (valueClipEps) => value({ valueClipEps }) as Loss,
  };
}
