import type { FileFolder } from '../../core/contracts/files.js';
import type {
  BaseModel,
  ModelSource,
  ModelSourceContext,
  UnknownConfigKeys,
} from '../../core/contracts/model-source.js';
import type { Platform } from '../../core/contracts/platform.js';
import { describeModelFolder, loadModelFolder } from '../../core/model-files/model-folder.js';
import { isRepositoryName } from '../../core/repository-name.js';
import { folderHasNoRevision, missingCritic, missingFolder, noModelFiles, otherArchitecture } from './errors.js';
import { fetchDescription, fetchModel } from './model-files.js';

export interface HuggingFaceModel {
  /** A folder on this machine, or `owner/name` on the hub. A folder of that name wins. */
  readonly path: string;
  /** Only for the hub: branch, tag or commit. */
  readonly revision?: string | undefined;
  /** A folder on this machine with a critic of the same architecture, to train on. */
  readonly critic?: string | undefined;
  readonly unknownConfigKeys?: UnknownConfigKeys | undefined;
}

/** What a model needs of the host environment. */
export type ModelHost = Pick<Platform, 'openFolder' | 'fetchRepository'>;

/** A model in Hugging Face form, from a folder or from the hub. */
export function createHuggingFaceModel(model: HuggingFaceModel, host: ModelHost): ModelSource {
  const open = async (context: ModelSourceContext, fetch: typeof fetchModel): Promise<FileFolder> =>
    (await openFolder(model, host)) ?? fetch(requestOf(model, host, context));
  const { unknownConfigKeys: unknownKeys } = model;
  const load = async (folder: FileFolder, { events }: ModelSourceContext): Promise<BaseModel> => {
    const warn = (message: string): void => {
      events.log('warn', message);
    };
    const base = await loadModelFolder(folder, 'language', { unknownKeys, warn });
    return model.critic === undefined ? base : { ...base, critic: await loadCritic(model.critic, base, folder, host) };
  };
  return {
    name: 'huggingface',
    hasCritic: model.critic !== undefined,
    describe: async (context) => {
      const folder = await open(context, async (request) => (await fetchDescription(request)).folder);
      return describeModelFolder(folder, { unknownKeys });
    },
    load: async (context) => load(await open(context, fetchModel), context),
    inspect: async (context) => {
      const folder = await openFolder(model, host);
      if (folder !== undefined) await load(folder, context);
    },
  };
}

/** The weights of a critic, which must have the architecture of the policy in `folder`. */
async function loadCritic(
  path: string,
  policy: BaseModel,
  { location }: FileFolder,
  host: ModelHost,
): Promise<BaseModel['weights']> {
  const folder = await host.openFolder?.(path);
  if (folder === undefined) throw missingCritic(path);
  const { config, weights } = await loadModelFolder(folder, 'value');
  if (JSON.stringify(config) !== JSON.stringify(policy.config)) throw otherArchitecture(folder.location, location);
  return () => weights();
}

/** Undefined if the path is no folder and could be a repository. */
async function openFolder({ path, revision }: HuggingFaceModel, host: ModelHost): Promise<FileFolder | undefined> {
  if (host.openFolder === undefined && host.fetchRepository === undefined) throw noModelFiles(path);
  const folder = await host.openFolder?.(path);
  if (folder !== undefined && revision !== undefined) throw folderHasNoRevision(path, folder.location, revision);
  if (folder === undefined && !isRepositoryName(path)) throw missingFolder(path);
  return folder;
}

function requestOf({ path, revision }: HuggingFaceModel, host: ModelHost, { events, signal }: ModelSourceContext) {
  const { fetchRepository } = host;
  if (fetchRepository === undefined) throw noModelFiles(path);
  return { name: path, ...(revision !== undefined && { revision }), events, signal, fetchRepository };
}
