import type { RunView } from '../run-view.js';
import { defaultOf, fields, type Form } from './form.js';

export type ChangeForm = (part: Partial<Form>) => void;

export interface FormPartProps {
  readonly form: Form;
  readonly change: ChangeForm;
}

/** What has a field of its own: presets, and the settings that visitors change most. */
export function Fields({ view, form, change }: FormPartProps & { readonly view: RunView }) {
  return (
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
          disabled={form.resume !== undefined}
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
            placeholder={defaultOf(view, path)}
            onInput={(event) => {
              change({ values: { ...form.values, [path]: event.currentTarget.value } });
            }}
          />
        </label>
      ))}
    </div>
  );
}
