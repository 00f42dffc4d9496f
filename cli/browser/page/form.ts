import type { BrowserBackend } from '../messages.js';
import type { RunView } from '../run-view.js';

/** What the visitor chose: names and text as typed. */
export interface RunChoice {
  readonly preset: string;
  /** An ablation whose values override those of the preset. */
  readonly ablation?: string;
  readonly backend: BrowserBackend;
  /** Each `path=value`, as for `--set`. */
  readonly set: readonly string[];
  /** A downloaded run to continue, in place of preset and ablation. */
  readonly resume?: DownloadedRun;
}

/** A run that the visitor chose from the disk. */
export interface DownloadedRun {
  readonly name: string;
  readonly archive: Uint8Array;
}

/** Settings with a field of their own: path, label. */
export const fields = [
  ['seed', 'Seed'],
  ['iterations', 'Iterations'],
  ['model.steps', 'Steps of the base model'],
  ['rolloutBatchSize', 'Prompts per iteration'],
  ['samplesPerPrompt', 'Responses per prompt'],
] as const;
export type FieldPath = (typeof fields)[number][0];

/** What the form contains: text as typed; where it is empty, the preset decides. */
export interface Form {
  readonly preset: string;
  readonly ablation: string;
  readonly backend: '' | RunChoice['backend'];
  readonly values: Readonly<Partial<Record<FieldPath, string>>>;
  /** Further settings, one per line. */
  readonly more: string;
  readonly resume?: DownloadedRun | undefined;
}

export const initialForm = ({ presets, gpu }: RunView): Form => ({
  preset: presets[0]?.name ?? '',
  ablation: '',
  backend: gpu && 'name' in gpu ? 'webgpu' : '',
  values: {},
  more: '',
});

/** A run that takes minutes on a CPU, in plain TypeScript or emulating a GPU: complete, but smaller. */
export const smallRun: Pick<Form, 'values' | 'more'> = {
  values: { iterations: '15', 'model.steps': '400', rolloutBatchSize: '16', samplesPerPrompt: '8' },
  more: [
    'model.layers=1',
    'model.hiddenSize=48',
    'model.intermediateSize=96',
    'model.tokensPerStep=1024',
    'model.selfCheckShare=0.5',
    'model.badFormatShare=0.2',
    'data.minTerms=2',
    'data.maxTerms=3',
    'model.minTerms=2',
    'model.maxTerms=3',
    'policyLearningRate=1e-3',
    'policyWarmupSteps=2',
    'criticUpdateSteps=4',
    'evaluation.problems=64',
    'evaluation.periodicProblems=64',
  ].join('\n'),
};

export function choiceOf({ preset, ablation, backend, values, more, resume }: Form): RunChoice {
  const typed = Object.entries(values).map(([path, text]) => [path, text.trim()] as const);
  const lines = more.split('\n').map((line) => line.trim());
  return {
    preset,
    ...(ablation !== '' && { ablation }),
    backend: backend === '' ? 'reference' : backend,
    ...(resume && { resume }),
    set: [
      ...typed.filter(([, text]) => text !== '').map(([path, text]) => `${path}=${text}`),
      ...lines.filter((line) => line !== ''),
    ],
  };
}

/** What the page calls a run. */
export const runName = ({ preset, ablation, resume }: RunChoice): string =>
  resume?.name ?? [preset, ablation].filter((name) => name !== undefined).join(' + ');

/** The value that applies if a field is left empty; an empty text until the configuration was checked. */
export function defaultOf({ planned }: RunView, path: FieldPath): string {
  const value = path
    .split('.')
    .reduce<unknown>((tree, key) => (tree as Readonly<Record<string, unknown>> | undefined)?.[key], planned?.config);
  return typeof value === 'number' ? String(value) : '';
}
