import { useEffect, useRef, useState } from 'preact/hooks';
import { ForeignText } from '../../dashboard/page/text.js';
import type { Gpu, NoGpu, RunChoice } from '../messages.js';
import type { RunView } from '../run-view.js';
import type { Client } from './client.js';
import { Failure } from './failure.js';
import { formatBytes } from './format-bytes.js';

/** Settings with a field of their own: path, label. */
const fields = [
  ['seed', 'Seed'],
  ['iterations', 'Iterations'],
  ['model.steps', 'Steps of the base model'],
  ['rolloutBatchSize', 'Prompts per iteration'],
  ['samplesPerPrompt', 'Responses per prompt'],
] as const;
type Path = (typeof fields)[number][0];

/** What the form holds: texts as typed; an empty one leaves what the preset says. */
export interface Form {
  readonly preset: string;
  readonly ablation: string;
  readonly backend: '' | RunChoice['backend'];
  readonly values: Readonly<Partial<Record<Path, string>>>;
  readonly more: string;
}

/** A run that a processor ends in minutes, in plain TypeScript or in place of a GPU: everything is there, but smaller. */
const small: Pick<Form, 'values' | 'more'> = {
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

const choiceOf = ({ preset, ablation, backend, values, more }: Form): RunChoice => ({
  preset,
  ...(ablation !== '' && { ablation }),
  backend: backend === '' ? 'reference' : backend,
  set: [
    ...Object.entries(values).flatMap(([path, text]) => (text.trim() === '' ? [] : [`${path}=${text.trim()}`])),
    ...more
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ],
});

/** `last`: what was trained before, to begin from. */
interface SetupProps {
  readonly client: Client;
  readonly view: RunView;
  readonly last: Form | undefined;
  readonly onStart: (choice: RunChoice, form: Form) => void;
}

/** What to train and on what. */
export function Setup({ client, view, last, onStart }: SetupProps) {
  const gpu = view.gpu!;
  const [form, setForm] = useState<Form>(
    last ?? {
      preset: view.presets[0]?.name ?? '',
      ablation: '',
      backend: 'name' in gpu ? 'webgpu' : '',
      values: {},
      more: '',
    },
  );
  const change = (part: Partial<Form>): void => {
    setForm({ ...form, ...part });
  };
  useEffect(() => {
    client.check(choiceOf(form));
  }, [client, form]);
  // Filled in by a button it opens; emptied it stays.
  const isOpen = useOnceTrue(form.more !== '');
  const ready = form.backend !== '' && view.plan !== undefined && view.mistake === undefined;
  return (
    <form
      class="setup"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onStart(choiceOf(form), form);
      }}
    >
      <p class="lead">
        A small language model learns to reason right here: it is first trained on imperfect worked sums, then improved
        with the reinforcement learning of Open-Reasoner-Zero, rewarded for right answers only. Nothing is downloaded or
        sent anywhere.
      </p>
      <Device
        gpu={gpu}
        backend={form.backend}
        onChange={(backend) => {
          change({ backend });
        }}
        onSmall={() => {
          change(small);
        }}
      />
      <fieldset class="card">
        <legend>What to train</legend>
        <div class="fields">
          <label>
            Preset{' '}
            <select
              value={form.preset}
              onChange={(event) => {
                change({ preset: event.currentTarget.value });
              }}
            >
              {view.presets.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <label>
            Ablation of the paper{' '}
            <select
              value={form.ablation}
              onChange={(event) => {
                change({ ablation: event.currentTarget.value });
              }}
            >
              <option value="">none</option>
              {view.ablations.map(({ name }) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          {fields.map(([path, label]) => (
            <label key={path}>
              {label}{' '}
              <input
                inputMode="numeric"
                value={form.values[path] ?? ''}
                placeholder={shown(view, path)}
                onInput={(event) => {
                  change({ values: { ...form.values, [path]: event.currentTarget.value } });
                }}
              />
            </label>
          ))}
        </div>
        <p class="muted">
          {[...view.presets, ...view.ablations]
            .filter(({ name }) => name === form.preset || name === form.ablation)
            .map(({ description }) => description)
            .join('. ')}
          .
        </p>
        <details open={isOpen}>
          <summary>More settings</summary>
          <label class="block">
            <span>
              One per line, as for <code>--set</code>: <code>advantage.lambda=0.95</code>,{' '}
              <code>shuffleRewards=true</code>, <code>kl=penalty</code>
            </span>
            <textarea
              rows={rowsFor(form.more)}
              spellcheck={false}
              value={form.more}
              onInput={(event) => {
                change({ more: event.currentTarget.value });
              }}
            />
          </label>
        </details>
      </fieldset>
      {view.mistake ? (
        <Failure error={view.mistake} />
      ) : (
        view.plan && (
          <dl class="plan card" aria-label="Plan">
            {view.plan.lines.map(([label, value]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )
      )}
      <p class="actions">
        <button type="submit" class="primary" disabled={!ready}>
          Start training
        </button>{' '}
        {form.backend === '' && <span class="muted">First choose where to train.</span>}
      </p>
    </form>
  );
}

/** True from the first time on that it was. */
function useOnceTrue(now: boolean): boolean {
  const was = useRef(now);
  was.current ||= now;
  return was.current;
}

/** All lines that were typed or filled in are seen, within reason. */
const rowsFor = (text: string): number => Math.min(24, Math.max(6, text.split('\n').length + 1));

interface DeviceProps {
  readonly gpu: Gpu | NoGpu;
  readonly backend: Form['backend'];
  readonly onChange: (backend: RunChoice['backend']) => void;
  readonly onSmall: () => void;
}

function Device({ gpu, backend, onChange, onSmall }: DeviceProps) {
  const slow = backend === 'reference' || (backend === 'webgpu' && 'name' in gpu && gpu.software);
  return (
    <fieldset class="card">
      <legend>Where to train</legend>
      {'reason' in gpu && (
        <div class="notice" role="alert" id="no-gpu">
          <p>
            <strong>There is no GPU to train on.</strong> {gpu.reason}.
          </p>
          <p>{gpu.remedy}</p>
        </div>
      )}
      <label class="option">
        <input
          type="radio"
          name="backend"
          checked={backend === 'webgpu'}
          disabled={'reason' in gpu}
          onChange={() => {
            onChange('webgpu');
          }}
        />
        <span>
          This machine's GPU, through WebGPU{' '}
          {'name' in gpu && (
            <span class="muted">
              <ForeignText text={gpu.name} />
              {gpu.software && ' (computed on the CPU, slow)'}, buffers up to {formatBytes(gpu.maxBufferBytes)}
              {gpu.features.length > 0 && `, ${gpu.features.join(', ')}`}
            </span>
          )}
        </span>
      </label>
      <label class="option">
        <input
          type="radio"
          name="backend"
          checked={backend === 'reference'}
          onChange={() => {
            onChange('reference');
          }}
        />
        <span>
          The CPU, in plain TypeScript{' '}
          <span class="muted">one thread, double precision: slow; the full preset takes hours</span>
        </span>
      </label>
      {slow && (
        <p class="actions">
          <button type="button" onClick={onSmall}>
            Fill in a size for the CPU
          </button>{' '}
          <span class="muted">everything as in the preset, but smaller: some minutes</span>
        </p>
      )}
    </fieldset>
  );
}

/** What the plan says a field is when it is left empty. */
function shown({ plan }: RunView, path: Path): string {
  const value = path
    .split('.')
    .reduce<unknown>((tree, key) => (tree as Readonly<Record<string, unknown>> | undefined)?.[key], plan?.config);
  return typeof value === 'number' ? String(value) : '';
}
