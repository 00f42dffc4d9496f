import { OrzError } from '../../core/errors.js';

/** `model.revision` is set and `model.path` is a folder. */
export function folderHasNoRevision(path: string, folder: string, revision: string): OrzError {
  return new OrzError('ORZ_CONFIG_INVALID', `A folder has no revisions, and ${path} is one`, {
    value: revision,
    origin: 'model.revision',
    remedy: `Leave model.revision out; if a model of the hub is meant, rename or leave the folder ${folder}.`,
  });
}

/** Neither a folder nor a name that a repository could have. */
export function missingFolder(path: string): OrzError {
  return new OrzError('ORZ_DATA_MISSING', `There is no folder ${path}`, {
    value: path,
    allowed: 'a folder, relative to the current one, or owner/name on the hub',
    origin: 'model.path',
    remedy: 'Correct the path.',
  });
}

/** `model.critic` names no folder. */
export function missingCritic(path: string): OrzError {
  return new OrzError('ORZ_DATA_MISSING', `There is no folder ${path}`, {
    value: path,
    allowed: 'a folder relative to the current one, such as RUN/checkpoints/final/critic',
    origin: 'model.critic',
    remedy: 'Correct the path, or leave model.critic out: the critic then starts from the policy.',
  });
}

/** The critic is another architecture than the policy. */
export function otherArchitecture(critic: string, policy: string): OrzError {
  return new OrzError('ORZ_MODEL_CONFIG', `The critic ${critic} is another architecture than the policy ${policy}`, {
    value: critic,
    allowed: 'a critic that was trained beside this policy, or beside one of its size',
    origin: 'model.critic',
    remedy: 'Name the critic of the same checkpoint, or leave model.critic out.',
  });
}

/** The host environment can open neither folders nor repositories. */
export function noModelFiles(path: string): OrzError {
  return new OrzError('ORZ_CAPABILITY', 'Models in Hugging Face form cannot be read in this environment', {
    value: path,
    origin: 'model.path',
    remedy: 'Train with orz-train on Node, or choose another model: --set model.type=arithmetic-base',
  });
}

/** The cache lacks a file, and the hub was not asked for it. */
export function fileNotCached(name: string, revision: string, file: string): OrzError {
  return new OrzError(
    'ORZ_HUB_UNREACHABLE',
    `${file} of ${name} (revision ${revision}) is not in the cache, and the hub was not reached`,
    {
      value: name,
      origin: 'model.path',
      remedy:
        'Unset HF_HUB_OFFLINE and check the connection to download it. ' +
        `Or download the folder elsewhere (hf download ${name} --local-dir FOLDER) and set model.path to it.`,
    },
  );
}

const conversions: Readonly<Record<string, string>> = {
  'tokenizer.json': 'transformers writes one: AutoTokenizer.from_pretrained(NAME).save_pretrained(FOLDER).',
  'model.safetensors.index.json':
    'transformers writes such files: AutoModelForCausalLM.from_pretrained(NAME).save_pretrained(FOLDER).',
};

/** The repository has no such file; `what` is how the message calls it. */
export function missingModelFile(file: string, repository: MissingIn, what = file): OrzError {
  return new OrzError('ORZ_DATA_MISSING', `${repository.name} has no ${what}`, {
    value: repository.available.slice(0, 20),
    origin: repository.page,
    remedy: ['Choose another model.', conversions[file]].filter(Boolean).join(' '),
  });
}

/** The repository in which a file is missing. */
export interface MissingIn {
  readonly name: string;
  readonly page: string;
  /** Paths of the files it has. */
  readonly available: readonly string[];
}

/** The index of sharded weights is no index. */
export function invalidWeightIndex(name: string, index: string, cause: unknown): OrzError {
  return new OrzError('ORZ_CHECKPOINT', `${index} of ${name} does not say where the weights are`, {
    origin: name,
    remedy: 'Choose another revision, or another model.',
    cause,
  });
}
