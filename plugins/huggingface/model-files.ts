import type { FileFolder } from '../../core/contracts/files.js';
import type { Platform, RepositoryFiles, RepositoryRequest } from '../../core/contracts/platform.js';
import { companionFiles } from '../../core/model-files/model-folder.js';
import { fileNotCached, invalidWeightIndex, missingModelFile } from './errors.js';

/** What describes a model: architecture, tokenizer, chat template and defaults of generation. */
const descriptionFiles: readonly string[] = ['config.json', 'tokenizer.json', ...companionFiles];
const singleWeights = 'model.safetensors';
const weightIndex = 'model.safetensors.index.json';

/** A model of the hub that is wanted, and what fetches its files. */
export interface HubModelRequest extends Pick<RepositoryRequest, 'name' | 'revision' | 'events' | 'signal'> {
  readonly fetchRepository: NonNullable<Platform['fetchRepository']>;
}

/**
 * A model of the hub without its weights. Throws ORZ_DATA_MISSING for a repository that holds no model of this form,
 * and what `Platform.fetchRepository` throws.
 */
export async function fetchDescription(request: HubModelRequest): Promise<RepositoryFiles> {
  const description = await fetchFiles(request, (path) => descriptionFiles.includes(path) || path === weightIndex);
  requireFiles(request, description, ['config.json', 'tokenizer.json']);
  return description;
}

/**
 * The same with its weights: safetensors only, and of them one file or those that the index names. Anything else in the
 * repository is not fetched.
 */
export async function fetchModel(request: HubModelRequest): Promise<FileFolder> {
  const description = await fetchDescription(request);
  const weights = description.available.includes(singleWeights)
    ? [singleWeights]
    : await shardsOf(request, description);
  // At the same commit: the branch may have moved meanwhile.
  const whole = await fetchFiles({ ...request, revision: description.commit }, (path) => weights.includes(path));
  requireFiles(request, whole, weights);
  request.events.log('info', `${request.name} at commit ${description.commit}`);
  return description.folder;
}

function fetchFiles(
  { fetchRepository, ...request }: HubModelRequest,
  wanted: (path: string) => boolean,
): Promise<RepositoryFiles> {
  return fetchRepository({ ...request, type: 'model', select: (paths) => paths.filter(wanted) });
}

/** Files that the index names, as it names them; whether they exist is checked by {@link requireFiles}. */
async function shardsOf(request: HubModelRequest, description: RepositoryFiles): Promise<string[]> {
  requireFiles(request, description, [weightIndex]);
  const text = new TextDecoder().decode(await description.folder.read(weightIndex));
  try {
    const { weight_map: map } = JSON.parse(text) as { readonly weight_map: Readonly<Record<string, string>> };
    return [...new Set(Object.values(map))];
  } catch (cause) {
    throw invalidWeightIndex(request.name, weightIndex, cause);
  }
}

function requireFiles(
  { name, revision = 'main' }: HubModelRequest,
  { available, fromCache, page }: RepositoryFiles,
  files: readonly string[],
): void {
  const missing = files.find((file) => !available.includes(file));
  if (missing === undefined) return;
  if (fromCache) throw fileNotCached(name, revision, missing);
  const what = missing === weightIndex ? `weights in safetensors form (${singleWeights} or ${weightIndex})` : missing;
  throw missingModelFile(missing, { name, page, available }, what);
}
