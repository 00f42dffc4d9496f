import { ForeignText } from '../../dashboard/page/text.js';
import type { FormPartProps } from './fields.js';

/** A downloaded run to continue, if the visitor chooses one. */
export function Resume({ form: { resume }, change }: FormPartProps) {
  if (resume)
    return (
      <p class="actions">
        <span>
          Continues <ForeignText text={resume.name} /> with its own settings and those typed in here.
        </span>{' '}
        <button
          type="button"
          onClick={() => {
            change({ resume: undefined });
          }}
        >
          Start a new run instead
        </button>
      </p>
    );
  const choose = async (file: File | undefined): Promise<void> => {
    if (file) change({ resume: { name: file.name, archive: new Uint8Array(await file.arrayBuffer()) } });
  };
  return (
    <label class="block resume">
      Continue a downloaded run{' '}
      <input
        type="file"
        accept=".tar"
        onChange={(event) => {
          void choose(event.currentTarget.files?.[0]);
        }}
      />
    </label>
  );
}
