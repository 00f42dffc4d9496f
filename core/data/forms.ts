import { afterNumberSigns, lastBoxed } from './answers.js';
import { choiceProblem } from './choices.js';
import { noSuchForm, unrecognisedRecord } from './errors.js';
import { answerAt, fieldAt, promptAt, rootOf, textsAt, type FieldPath } from './fields.js';
import { knownForms } from './known-forms.js';
import type { RecordForm } from './record-form.js';
import type { RecordLocation } from './record-location.js';

/** All forms with their descriptions, for documentation and errors. */
export const recordForms: readonly RecordForm[] = knownForms;

/** Names a configuration may give to `form`. */
export const formNames = knownForms.map(({ name }) => name) as [string, ...string[]];

/** The form of this name. Throws ORZ_CONFIG_INVALID unless it is one of {@link formNames}. */
export function formNamed(name: string): RecordForm {
  const found = knownForms.find((form) => form.name === name);
  if (found === undefined) throw noSuchForm(name, formNames);
  return found;
}

/**
 * The form of a file by its first record; every other record must then be of it. Throws ORZ_DATA_MALFORMED with the
 * fields found if none matches.
 */
export function detectForm(first: unknown, location: RecordLocation): RecordForm {
  const found = knownForms.find((form) => form.matches(first));
  if (found === undefined) throw unrecognisedRecord(location, first, formNames);
  return found;
}

/** Which fields have what, for records of no known form. */
export interface FieldMap {
  readonly prompt: FieldPath;
  readonly answer: FieldPath;
  /** Options of a question; the answer is then a letter, or an index from 0. */
  readonly choices?: FieldPath | undefined;
  /** Where in the answer field the answer is: the whole field, after ####, or in the last box. */
  readonly extract?: 'whole' | 'number-signs' | 'last-box' | undefined;
}

/** The form that a field map describes. */
export function mappedForm({ prompt, answer, choices, extract = 'whole' }: FieldMap): RecordForm {
  const paths = [prompt, answer, ...(choices === undefined ? [] : [choices])];
  return {
    name: 'fields',
    description: `prompt in ${prompt}, answer in ${answer}`,
    fields: [...new Set(paths.map(rootOf))],
    ...(choices !== undefined && { hasOptions: true }),
    read: (record, location, order) => {
      const question = promptAt(record, prompt, location);
      if (choices === undefined)
        return { prompt: question, answer: extracted(answerAt(record, answer, location), extract) };
      const options = textsAt(record, choices, location);
      const right = { value: fieldAt(record, answer), field: answer, location };
      return choiceProblem({ question, options, right }, order?.(options.length, location.number));
    },
  };
}

/** A solution without mark or box has no answer, and is counted as such. */
function extracted(solution: string, extract: NonNullable<FieldMap['extract']>): string {
  if (extract === 'whole') return solution;
  return (extract === 'last-box' ? lastBoxed(solution) : afterNumberSigns(solution)) ?? '';
}
