import { companionFiles } from '../../core/model-files/model-folder.js';
import type { FileFolder } from '../../core/contracts/files.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { OrzError } from '../../core/errors.js';
import { createDiskFolder } from './disk-folder.js';
import { notCached } from './hub/failures.js';
import { pageOf } from './hub/repository.js';
import { hubSettings, type HubSettings } from './hub/settings.js';
import { downloadSnapshot, type Snapshot, type SnapshotRequest } from './hub/snapshot.js';

/** What describes a model: architecture, tokenizer, chat template and defaults of generation. */
const descriptionFiles: readonly string[] = ['config.json', 'tokenizer.json', ...companionFiles];
const singleWeights = 'model.safetensors';
const weightIndex = 'model.safetensors.index.json';

export interface HubModelRequest {
  /** `owner/name` on the hub. */
  readonly name: string;
  readonly revision?: string;
  readonly events: RunEvents;
  readonly signal?: AbortSignal;
  readonly settings?: HubSettings;
}

interface Fetched {
  readonly folder: FileFolder;
  readonly snapshot: Snapshot;
}

/** A model of the hub without its weights, as a folder on disk. Throws ORZ_DATA_MISSING for a repository that holds no model of this form. */
export async function fetchDescription(request: HubModelRequest): Promise<Fetched> {
  const snapshot = await fetchFiles(request, (paths) =>
    paths.filter((path) => descriptionFiles.includes(path) || path === weightIndex),
  );
  requireFiles(request, snapshot, ['config.json', 'tokenizer.json']);
  return { folder: createDiskFolder(snapshot.folder), snapshot };
}

/** The same with its weights: safetensors only, and of them one file or those that the index names. Anything else in the repository stays there. */
export async function fetchModel(request: HubModelRequest): Promise<FileFolder> {
  const { folder, snapshot } = await fetchDescription(request);
  const weights = snapshot.available.includes(singleWeights)
    ? [singleWeights]
    : await shardsOf(request, { folder, snapshot });
  // At the same commit: the branch may have moved meanwhile.
  const whole = await fetchFiles({ ...request, revision: snapshot.commit }, (paths) =>
    paths.filter((path) => weights.includes(path)),
  );
  requireFiles(request, whole, weights);
  request.events.log('info', `${request.name} at commit ${snapshot.commit}`);
  return folder;
}

const fetchFiles = (request: HubModelRequest, select: SnapshotRequest['select']): Promise<Snapshot> =>
  downloadSnapshot({ ...request, type: 'model', select });

/** Files that the index names, as it names them; whether they exist is checked by {@link requireFiles}. */
async function shardsOf(request: HubModelRequest, { folder, snapshot }: Fetched): Promise<string[]> {
  requireFiles(request, snapshot, [weightIndex]);
  const text = new TextDecoder().decode(await folder.read(weightIndex));
  try {
    const { weight_map: map } = JSON.parse(text) as { readonly weight_map: Readonly<Record<string, string>> };
    return [...new Set(Object.values(map))];
  } catch (cause) {
    throw new OrzError('ORZ_CHECKPOINT', `${weightIndex} of ${request.name} does not say where the weights are`, {
      origin: folder.location,
      remedy: 'Choose another revision, or another model.',
      cause,
    });
  }
}

const conversions: Readonly<Record<string, string>> = {
  'tokenizer.json': 'transformers writes one: AutoTokenizer.from_pretrained(NAME).save_pretrained(FOLDER)',
  [weightIndex]: 'transformers writes such files: AutoModelForCausalLM.from_pretrained(NAME).save_pretrained(FOLDER)',
};

function requireFiles(
  { name, revision = 'main', settings = hubSettings(process.env) }: HubModelRequest,
  { available, fromCache, folder }: Snapshot,
  files: readonly string[],
): void {
  const missing = files.find((file) => !available.includes(file));
  if (missing === undefined) return;
  if (fromCache) throw notCached(settings, { type: 'model', name, revision, file: missing });
  throw new OrzError(
    'ORZ_DATA_MISSING',
    `${name} has no ${missing === weightIndex ? `weights in safetensors form (${singleWeights} or ${weightIndex})` : missing}`,
    {
      value: available.slice(0, 20),
      origin: pageOf(settings.endpoint, { type: 'model', name }),
      remedy: `Choose another model. ${conversions[missing] ?? `It was looked for in ${folder}.`}`,
    },
  );
}
