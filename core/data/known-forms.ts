import { afterNumberSigns, lastBoxed } from './answers.js';
import { choiceProblem, seededOrder } from './choices.js';
import { malformedRecord } from './errors.js';
import type { JsonValue } from '../contracts/data.js';
import { answerAt, fieldAt, promptAt, textsAt, type FieldPath } from './fields.js';
import { metadataOf } from './metadata.js';
import { passRateField } from './pass-rate.js';
import type { KnownForm } from './record-form.js';
import type { RecordLocation } from './record-location.js';

const has = (record: unknown, ...paths: readonly FieldPath[]): boolean =>
  paths.every((path) => fieldAt(record, path) !== undefined);
const isList = (record: unknown, path: FieldPath): boolean => Array.isArray(fieldAt(record, path));
const includes = (record: unknown, path: FieldPath, part: string): boolean => {
  const value = fieldAt(record, path);
  return typeof value === 'string' && value.includes(part);
};

/** A field of a list of messages that must be one message, with the keys of its role and its content. */
interface MessageField {
  readonly list: FieldPath;
  readonly roleKey: string;
  /** The role that asks. */
  readonly role: string;
  readonly contentKey: string;
}

function onlyMessage(record: unknown, field: MessageField, location: RecordLocation): string {
  const { list, roleKey, role, contentKey } = field;
  const messages = fieldAt(record, list);
  if (!Array.isArray(messages) || messages.length !== 1)
    throw malformedRecord(location, { field: list, value: messages, expected: 'a list of one message' });
  requireRole(record, `${list}[0].${roleKey}`, role, location);
  return promptAt(record, `${list}[0].${contentKey}`, location);
}

function requireRole(record: unknown, field: FieldPath, role: string, location: RecordLocation): void {
  const value = fieldAt(record, field);
  if (value !== role) throw malformedRecord(location, { field, value, expected: `"${role}"` });
}

const orzTrain: KnownForm = {
  name: 'orz-train',
  description: '[{ from: "human", value }, { from: "assistant", ground_truth: { value } }]',
  fields: ['0', '1'],
  matches: (record) => fieldAt(record, '[0].from') === 'human' && has(record, '[1].ground_truth'),
  read: (record, location) => {
    if (Array.isArray(record) && record.length !== 2) {
      const expected = 'two messages, of human and assistant';
      throw malformedRecord(location, { field: 'length', value: record.length, expected });
    }
    requireRole(record, '[0].from', 'human', location);
    return {
      prompt: promptAt(record, '[0].value', location),
      answer: answerAt(record, '[1].ground_truth.value', location),
    };
  },
};

const orzEval: KnownForm = {
  name: 'orz-eval',
  description: '{ prompt: [{ from: "user", value }], final_answer }',
  fields: ['prompt', 'final_answer'],
  matches: (record) => has(record, 'final_answer', 'prompt[0].from') && isList(record, 'prompt'),
  read: (record, location) => ({
    prompt: onlyMessage(record, { list: 'prompt', roleKey: 'from', role: 'user', contentKey: 'value' }, location),
    answer: answerAt(record, 'final_answer', location),
  }),
};

/** The instructions around every problem of DAPO-Math-17k ask for another form of answer than the template does. */
const dapoWrapper = new RegExp(
  '^Solve the following math problem step by step\\.[^\\n]*\\n\\n(.*?)\\n\\n' +
    'Remember to put your answer on its own line after "Answer:"[^\\n]*$',
  's',
);

const dapo: KnownForm = {
  name: 'dapo',
  description:
    '{ prompt: [{ role: "user", content }], reward_model: { ground_truth } }; ' +
    'the instructions around the problem are removed',
  fields: ['prompt', 'reward_model'],
  matches: (record) => isList(record, 'prompt') && has(record, 'prompt[0].content', 'reward_model.ground_truth'),
  read: (record, location) => {
    const prompt = onlyMessage(
      record,
      { list: 'prompt', roleKey: 'role', role: 'user', contentKey: 'content' },
      location,
    );
    return {
      prompt: dapoWrapper.exec(prompt.trim())?.[1]?.trim() ?? prompt,
      answer: answerAt(record, 'reward_model.ground_truth', location),
    };
  },
};

const mined: KnownForm = {
  name: 'mined',
  description: '{ prompt, answer, pass_rate, metadata? }; what orz-train mine writes, kept with its metadata',
  fields: ['prompt', 'answer', passRateField],
  optional: ['metadata'],
  matches: (record) => has(record, 'prompt', 'answer', passRateField),
  metadata: (record, location) => {
    const { metadata, ...rate } = metadataOf(record, ['metadata', passRateField], location);
    return { ...(isObject(metadata) && metadata), ...rate };
  },
  read: (record, location) => ({
    prompt: promptAt(record, 'prompt', location),
    answer: answerAt(record, 'answer', location),
  }),
};

const isObject = (value: JsonValue | undefined): value is Readonly<Record<string, JsonValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A question with options in the field `options`, the letter as the answer. */
const multipleChoice = (name: string, options: FieldPath, description: string): KnownForm => ({
  name,
  description,
  fields: ['question', options, 'answer'],
  matches: (record) => has(record, 'question', 'answer') && isList(record, options),
  hasOptions: true,
  read: (record, location, order) => {
    const texts = textsAt(record, options, location);
    const right = { value: fieldAt(record, 'answer'), field: 'answer', location };
    const question = promptAt(record, 'question', location);
    return choiceProblem({ question, options: texts, right }, order?.(texts.length, location.number));
  },
});

const gpqaColumns = ['Correct Answer', 'Incorrect Answer 1', 'Incorrect Answer 2', 'Incorrect Answer 3'] as const;

const gpqa: KnownForm = {
  name: 'gpqa',
  description:
    '{ Question, Correct Answer, Incorrect Answer 1 to 3 }; the options are shuffled by the number of the record',
  fields: ['Question', ...gpqaColumns],
  matches: (record) => has(record, 'Question', ...gpqaColumns),
  hasOptions: true,
  read: (record, location, order = seededOrder(0, 'gpqa options')) => {
    const options = gpqaColumns.map((column) => promptAt(record, column, location).trim());
    const question = promptAt(record, 'Question', location).trim();
    const right = { value: 0, field: 'Correct Answer', location };
    return choiceProblem({ question, options, right }, order(options.length, location.number));
  },
};

const gsm8k: KnownForm = {
  name: 'gsm8k',
  description: '{ question, answer: "… #### 18" }; the answer is what follows the last ####, without commas',
  fields: ['question', 'answer'],
  matches: (record) => has(record, 'question') && includes(record, 'answer', '####'),
  read: (record, location) => {
    const solution = answerAt(record, 'answer', location);
    const answer = afterNumberSigns(solution);
    if (answer === undefined) {
      const expected = 'a solution that ends with #### and the answer';
      throw malformedRecord(location, { field: 'answer', value: fieldAt(record, 'answer'), expected });
    }
    return { prompt: promptAt(record, 'question', location), answer };
  },
};

const math: KnownForm = {
  name: 'math',
  description: '{ problem, solution, answer? }; without an answer, the last \\boxed{…} of the solution',
  fields: ['problem', 'solution'],
  optional: ['answer'],
  matches: (record) =>
    has(record, 'problem', 'solution') && (!has(record, 'answer') || includes(record, 'solution', '\\boxed')),
  read: (record, location) => {
    const stated = has(record, 'answer') ? answerAt(record, 'answer', location) : '';
    return {
      prompt: promptAt(record, 'problem', location),
      answer: stated.trim() === '' ? (lastBoxed(answerAt(record, 'solution', location)) ?? '') : stated,
    };
  },
};

const deepscaler: KnownForm = {
  name: 'deepscaler',
  description: '{ problem, answer }',
  fields: ['problem', 'answer'],
  matches: (record) => has(record, 'problem', 'answer'),
  read: (record, location) => ({
    prompt: promptAt(record, 'problem', location),
    answer: answerAt(record, 'answer', location),
  }),
};

const promptFields = ['problem', 'question', 'prompt'] as const;
const answerFields = ['answer', 'final_answer', 'expected_answer'] as const;

const plain: KnownForm = {
  name: 'plain',
  description: '{ problem | question | prompt, answer | final_answer | expected_answer }',
  fields: [],
  optional: [...promptFields, ...answerFields],
  matches: (record) =>
    [promptFields, answerFields].every((names) => names.some((name) => has(record, name))) &&
    !has(record, 'choices') &&
    !has(record, 'options'),
  read: (record, location) => ({
    prompt: promptAt(record, onlyField(record, promptFields, location), location),
    answer: answerAt(record, onlyField(record, answerFields, location), location),
  }),
};

/** The one of these fields that the record has. */
function onlyField(record: unknown, names: readonly string[], location: RecordLocation): string {
  const [present, ...others] = names.filter((name) => has(record, name));
  if (present !== undefined && others.length === 0) return present;
  const fields = typeof record === 'object' && record !== null ? Object.keys(record).join(', ') : '';
  const field = names.join(' | ');
  if (present === undefined)
    throw malformedRecord(location, { field, expected: `one of these fields; the record has ${fields || 'none'}` });
  const all = [present, ...others].join(' and ');
  throw malformedRecord(location, { field, value: fields, expected: `one of these fields, not ${all}` });
}

/** In the order in which they are tried: the most specific first. */
export const knownForms: readonly KnownForm[] = [
  orzTrain,
  orzEval,
  dapo,
  mined,
  gpqa,
  multipleChoice(
    'mmlu',
    'choices',
    '{ question, choices: […], answer: index from 0 }; the options are written below the question',
  ),
  multipleChoice(
    'mmlu-pro',
    'options',
    '{ question, options: […], answer: letter }; the options are written below the question',
  ),
  gsm8k,
  math,
  deepscaler,
  plain,
];
