import { createRandom } from '../random.js';
import { afterNumberSigns, lastBoxed } from './answers.js';
import { choiceLetter, renderChoices } from './choices.js';
import { answerAt, fieldAt, promptAt, rootOf, textsAt, type FieldPath } from './fields.js';
import { malformedRecord, type RecordPlace } from './place.js';

export interface PromptAndAnswer {
  readonly prompt: string;
  readonly answer: string;
}

/** How the records of one dataset become problems. */
export interface RecordForm {
  readonly name: string;
  /** What a record looks like, for errors and documentation. */
  readonly description: string;
  /** Top-level fields that every record has; of a table only these columns are read, and the optional ones if they are there. */
  readonly fields: readonly string[];
  readonly optional?: readonly string[];
  /** Throws ORZ_DATA_MALFORMED, naming the field, if the record is not of this form. */
  read(record: unknown, place: RecordPlace): PromptAndAnswer;
}

/** A form with the test that recognises it by one record. */
interface KnownForm extends RecordForm {
  fits(record: unknown): boolean;
}

const has = (record: unknown, ...paths: readonly FieldPath[]): boolean =>
  paths.every((path) => fieldAt(record, path) !== undefined);
const text = (record: unknown, path: FieldPath): string => {
  const value = fieldAt(record, path);
  return typeof value === 'string' ? value : '';
};
const isList = (record: unknown, path: FieldPath): boolean => Array.isArray(fieldAt(record, path));

/** A list of messages must be one message from the role that asks. */
function onlyMessage(
  record: unknown,
  [list, role, asker, content]: readonly [list: string, role: string, asker: string, content: string],
  place: RecordPlace,
): string {
  const messages = fieldAt(record, list);
  if (!Array.isArray(messages) || messages.length !== 1)
    throw malformedRecord(place, { field: list, value: messages, expected: 'a list of one message' });
  const from = fieldAt(record, `${list}[0].${role}`);
  if (from !== asker)
    throw malformedRecord(place, { field: `${list}[0].${role}`, value: from, expected: `"${asker}"` });
  return promptAt(record, `${list}[0].${content}`, place);
}

const orzTrain: KnownForm = {
  name: 'orz-train',
  description: '[{ from: "human", value }, { from: "assistant", ground_truth: { value } }]',
  fields: ['0', '1'],
  fits: (record) => fieldAt(record, '[0].from') === 'human' && has(record, '[1].ground_truth'),
  read: (record, place) => {
    if (Array.isArray(record) && record.length !== 2)
      throw malformedRecord(place, {
        field: 'length',
        value: record.length,
        expected: 'two messages, of human and assistant',
      });
    const from = fieldAt(record, '[0].from');
    if (from !== 'human') throw malformedRecord(place, { field: '[0].from', value: from, expected: '"human"' });
    return { prompt: promptAt(record, '[0].value', place), answer: answerAt(record, '[1].ground_truth.value', place) };
  },
};

const orzEval: KnownForm = {
  name: 'orz-eval',
  description: '{ prompt: [{ from: "user", value }], final_answer }',
  fields: ['prompt', 'final_answer'],
  fits: (record) => has(record, 'final_answer') && isList(record, 'prompt') && has(record, 'prompt[0].from'),
  read: (record, place) => ({
    prompt: onlyMessage(record, ['prompt', 'from', 'user', 'value'], place),
    answer: answerAt(record, 'final_answer', place),
  }),
};

/** The instructions around every problem of DAPO-Math-17k ask for another form of answer than the template does. */
const dapoWrapper =
  /^Solve the following math problem step by step\.[^\n]*\n\n(.*?)\n\nRemember to put your answer on its own line after "Answer:"[^\n]*$/s;

const dapo: KnownForm = {
  name: 'dapo',
  description:
    '{ prompt: [{ role: "user", content }], reward_model: { ground_truth } }; the instructions around the problem are taken off',
  fields: ['prompt', 'reward_model'],
  fits: (record) => isList(record, 'prompt') && has(record, 'prompt[0].content', 'reward_model.ground_truth'),
  read: (record, place) => {
    const prompt = onlyMessage(record, ['prompt', 'role', 'user', 'content'], place);
    return {
      prompt: dapoWrapper.exec(prompt.trim())?.[1]!.trim() ?? prompt,
      answer: answerAt(record, 'reward_model.ground_truth', place),
    };
  },
};

/** A question with options, the letter as the answer. */
const multipleChoice = (
  name: string,
  options: FieldPath,
  description: string,
  fits: (record: unknown) => boolean,
): KnownForm => ({
  name,
  description,
  fields: ['question', options, 'answer'],
  fits,
  read: (record, place) => {
    const choices = textsAt(record, options, place);
    return {
      prompt: renderChoices(promptAt(record, 'question', place), choices),
      answer: choiceLetter(fieldAt(record, 'answer'), choices.length, 'answer', place),
    };
  },
});

const gpqaColumns = ['Correct Answer', 'Incorrect Answer 1', 'Incorrect Answer 2', 'Incorrect Answer 3'] as const;

const gpqa: KnownForm = {
  name: 'gpqa',
  description:
    '{ Question, Correct Answer, Incorrect Answer 1 to 3 }; the options are put in an order drawn from the number of the record',
  fields: ['Question', ...gpqaColumns],
  fits: (record) => has(record, 'Question', ...gpqaColumns),
  read: (record, place) => {
    const options = gpqaColumns.map((column) => promptAt(record, column, place).trim());
    // The same for every run, so that runs can be compared.
    const order = createRandom(0).stream('gpqa options').permutation(options.length, place.number);
    return {
      prompt: renderChoices(
        promptAt(record, 'Question', place).trim(),
        [...order].map((i) => options[i]!),
      ),
      answer: choiceLetter(order.indexOf(0), options.length, 'Correct Answer', place),
    };
  },
};

const gsm8k: KnownForm = {
  name: 'gsm8k',
  description: '{ question, answer: "… #### 18" }; the answer is what follows the last ####, without commas',
  fields: ['question', 'answer'],
  fits: (record) => has(record, 'question') && text(record, 'answer').includes('####'),
  read: (record, place) => {
    const answer = afterNumberSigns(answerAt(record, 'answer', place));
    if (answer === undefined)
      throw malformedRecord(place, {
        field: 'answer',
        value: fieldAt(record, 'answer'),
        expected: 'a solution that ends with #### and the answer',
      });
    return { prompt: promptAt(record, 'question', place), answer };
  },
};

const math: KnownForm = {
  name: 'math',
  description: '{ problem, solution, answer? }; without an answer, the last \\boxed{…} of the solution',
  fields: ['problem', 'solution'],
  optional: ['answer'],
  fits: (record) =>
    has(record, 'problem', 'solution') && (!has(record, 'answer') || text(record, 'solution').includes('\\boxed')),
  read: (record, place) => {
    const stated = fieldAt(record, 'answer') === undefined ? '' : answerAt(record, 'answer', place);
    return {
      prompt: promptAt(record, 'problem', place),
      answer: stated.trim() === '' ? (lastBoxed(answerAt(record, 'solution', place)) ?? '') : stated,
    };
  },
};

const deepscaler: KnownForm = {
  name: 'deepscaler',
  description: '{ problem, answer }',
  fields: ['problem', 'answer'],
  fits: (record) => has(record, 'problem', 'answer'),
  read: (record, place) => ({ prompt: promptAt(record, 'problem', place), answer: answerAt(record, 'answer', place) }),
};

const promptFields = ['problem', 'question', 'prompt'] as const;
const answerFields = ['answer', 'final_answer', 'expected_answer'] as const;

const plain: KnownForm = {
  name: 'plain',
  description: '{ problem | question | prompt, answer | final_answer | expected_answer }',
  fields: [],
  optional: [...promptFields, ...answerFields],
  fits: (record) =>
    [promptFields, answerFields].every((names) => names.some((name) => has(record, name))) &&
    !has(record, 'choices') &&
    !has(record, 'options'),
  read: (record, place) => ({
    prompt: promptAt(record, onlyOne(record, promptFields, place), place),
    answer: answerAt(record, onlyOne(record, answerFields, place), place),
  }),
};

function onlyOne(record: unknown, names: readonly string[], place: RecordPlace): string {
  const present = names.filter((name) => has(record, name));
  if (present.length === 1) return present[0]!;
  const fields = typeof record === 'object' && record !== null ? Object.keys(record).join(', ') : '';
  throw malformedRecord(place, {
    field: names.join(' | '),
    ...(present.length > 0 && { value: fields }),
    expected:
      present.length === 0
        ? `one of these fields; the record has ${fields || 'none'}`
        : `one of these fields, not ${present.join(' and ')}`,
  });
}

/** In the order in which they are tried: the most particular first. */
const knownForms: readonly KnownForm[] = [
  orzTrain,
  orzEval,
  dapo,
  gpqa,
  multipleChoice(
    'mmlu',
    'choices',
    '{ question, choices: […], answer: index from 0 }; the options are written below the question',
    (record) => has(record, 'question', 'answer') && isList(record, 'choices'),
  ),
  multipleChoice(
    'mmlu-pro',
    'options',
    '{ question, options: […], answer: letter }; the options are written below the question',
    (record) => has(record, 'question', 'answer') && isList(record, 'options'),
  ),
  gsm8k,
  math,
  deepscaler,
  plain,
];

/** Names a configuration may give to `form`. */
export const formNames = knownForms.map(({ name }) => name) as [string, ...string[]];

/** All forms with their descriptions, for documentation and errors. */
export const recordForms: readonly RecordForm[] = knownForms;

/** The form of this name. */
export const formNamed = (name: string): RecordForm => knownForms.find((form) => form.name === name)!;

/** The form of a file by its first record; every other record must then be of it. Throws ORZ_DATA_MALFORMED with the fields found if none fits. */
export function detectForm(first: unknown, place: RecordPlace): RecordForm {
  const found = knownForms.find((form) => form.fits(first));
  if (found !== undefined) return found;
  const fields =
    typeof first === 'object' && first !== null ? Object.keys(first).slice(0, 20).join(', ') : String(first);
  throw malformedRecord(place, {
    value: `fields: ${fields}`,
    expected: `one of the forms ${formNames.join(', ')}`,
    remedy:
      'Name the fields, for example fields: { prompt: "question", answer: "solution" }; all forms are in docs/data.md.',
  });
}

/** Which fields hold what, for records of no known form. */
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
    read: (record, place) => {
      const question = promptAt(record, prompt, place);
      if (choices === undefined)
        return { prompt: question, answer: extracted(answerAt(record, answer, place), extract) };
      const options = textsAt(record, choices, place);
      return {
        prompt: renderChoices(question, options),
        answer: choiceLetter(fieldAt(record, answer), options.length, answer, place),
      };
    },
  };
}

/** What has no mark or box has no answer, and is counted as such. */
function extracted(value: string, extract: NonNullable<FieldMap['extract']>): string {
  if (extract === 'whole') return value;
  return (extract === 'last-box' ? lastBoxed(value) : afterNumberSigns(value)) ?? '';
}
