import { useEffect, useRef, useState } from 'preact/hooks';
import { describePlan } from '../../../core/plan/describe.js';
import type { PlannedRun, PresetOption } from '../messages.js';
import type { RunView } from '../run-view.js';
import type { Client } from './client.js';
import { DeviceChoice } from './device-choice.js';
import { Failure } from './failure.js';
import { Fields, type ChangeForm, type FormPartProps } from './fields.js';
import { choiceOf, initialForm, smallRun, type Form, type RunChoice } from './form.js';
import { Resume } from './resume.js';

interface SetupProps {
  readonly client: Client;
  readonly view: RunView;
  /** The form of the previous run, to start from. */
  readonly last: Form | undefined;
  readonly onStart: (choice: RunChoice, form: Form) => void;
}

/** What to train and on what. */
export function Setup({ client, view, last, onStart }: SetupProps) {
  const [form, setForm] = useState<Form>(last ?? initialForm(view));
  const change: ChangeForm = (part) => {
    setForm({ ...form, ...part });
  };
  useEffect(() => {
    void client.check(choiceOf(form));
  }, [client, form]);
  const ready = form.backend !== '' && view.planned !== undefined && view.rejection === undefined;
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
      <DeviceChoice
        gpu={view.gpu}
        backend={form.backend}
        onChange={(backend) => {
          change({ backend });
        }}
        onSmall={() => {
          change(smallRun);
        }}
      />
      <fieldset class="card">
        <legend>What to train</legend>
        <Fields view={view} form={form} change={change} />
        {!form.resume && <Descriptions options={[...view.presets, ...view.ablations]} form={form} />}
        <Resume form={form} change={change} />
        <MoreSettings form={form} change={change} />
      </fieldset>
      <CheckResult view={view} />
      <p class="actions">
        <button type="submit" class="primary" disabled={!ready}>
          Start training
        </button>{' '}
        {form.backend === '' && <span class="muted">First choose where to train.</span>}
      </p>
    </form>
  );
}

function Descriptions({ options, form }: { readonly options: readonly PresetOption[]; readonly form: Form }) {
  const chosen = options.filter(({ name }) => name === form.preset || name === form.ablation);
  return <p class="muted">{chosen.map(({ description }) => description).join('. ')}.</p>;
}

function MoreSettings({ form, change }: FormPartProps) {
  // Opens when a button fills it in; stays open when it is emptied.
  const isOpen = useOnceTrue(form.more !== '');
  return (
    <details open={isOpen}>
      <summary>More settings</summary>
      <label class="block">
        <SettingsHint />
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
  );
}

const examples = ['advantage.lambda=0.95', 'shuffleRewards=true', 'kl=penalty'];

const SettingsHint = () => (
  <span>
    One per line, as for <code>--set</code>:{' '}
    {examples.map((example, i) => (
      <span key={example}>
        {i > 0 && ', '}
        <code>{example}</code>
      </span>
    ))}
  </span>
);

/** Once true, always true. */
function useOnceTrue(now: boolean): boolean {
  const was = useRef(now);
  was.current ||= now;
  return was.current;
}

/** Enough rows to see all lines, within limits. */
const rowsFor = (text: string): number => Math.min(24, Math.max(6, text.split('\n').length + 1));

function CheckResult({ view: { rejection, planned } }: { readonly view: RunView }) {
  if (rejection) return <Failure error={rejection} />;
  return planned ? <PlanCard plan={planned.plan} /> : null;
}

const PlanCard = ({ plan }: Pick<PlannedRun, 'plan'>) => (
  <dl class="plan card" aria-label="Plan">
    {describePlan(plan).map(([label, value]) => (
      <div key={label}>
        <dt>{label}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);
