import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeModelFolder, loadModelFolder } from '../../core/model-files/model-folder.js';
import type { FileFolder } from '../../core/contracts/files.js';
import type { ModelSource, ModelSourceContext } from '../../core/contracts/model-source.js';
import { OrzError } from '../../core/errors.js';
import { createDiskFolder } from './disk-folder.js';
import { isRepositoryName } from './hub/repository.js';
import type { HubSettings } from './hub/settings.js';
import { fetchDescription, fetchModel } from './model-files.js';

export interface HuggingFaceModel {
  /** A folder on this machine, or `owner/name` on the hub. A folder of that name wins. */
  readonly path: string;
  /** Only for the hub: branch, tag or commit. */
  readonly revision?: string | undefined;
  /** How to reach the hub; from the environment variables of this process if absent. */
  readonly settings?: HubSettings;
}

/** A model in Hugging Face form, from a folder or from the hub. */
export function createHuggingFaceModel(model: HuggingFaceModel): ModelSource {
  return {
    name: 'huggingface',
    describe: async (context) => describeModelFolder(await openFolder(model, context, false)),
    load: async (context) => loadModelFolder(await openFolder(model, context, true)),
  };
}

async function openFolder(
  { path, revision, settings }: HuggingFaceModel,
  { events, signal }: ModelSourceContext,
  weights: boolean,
): Promise<FileFolder> {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder && revision !== undefined) {
    throw new OrzError('ORZ_CONFIG_INVALID', `A folder has no revisions, and ${path} is one`, {
      value: revision,
      origin: 'model.revision',
      remedy: `Leave model.revision out; if a model of the hub is meant, rename or leave the folder ${resolve(path)}.`,
    });
  }
  if (isFolder) return createDiskFolder(path);
  if (!isRepositoryName(path)) {
    throw new OrzError('ORZ_DATA_MISSING', `There is no folder ${resolve(path)}`, {
      value: path,
      allowed: 'a folder, or owner/name on the hub',
      origin: 'model.path',
      remedy: 'Correct the path.',
    });
  }
  const request = {
    name: path,
    ...(revision === undefined ? {} : { revision }),
    events,
    signal,
    ...(settings === undefined ? {} : { settings }),
  };
  return weights ? fetchModel(request) : (await fetchDescription(request)).folder;
}
