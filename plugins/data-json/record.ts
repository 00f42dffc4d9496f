import { OrzError } from '../../core/errors.js';

/** Where a record stands, for errors. */
export interface RecordPlace { readonly path: string; readonly number: number }

export interface PromptAndAnswer { readonly prompt: string; readonly answer: string }

type Fields = Readonly<Record<string, unknown>>;

const promptFields = ['problem', 'question', 'prompt'] as const;
const answerFields = ['final_answer', 'expected_answer', 'answer'] as const;

/**
 * Prompt and gold answer of a record in one of three forms: the training form of Open-Reasoner-Zero, `[{ from: 'human', value }, { from: 'assistant',
 * ground_truth: { value } }]`; its evaluation form, `{ prompt: [{ from: 'user', value }], final_answer }`; or a plain `{ problem | question | prompt,
 * answer | final_answer | expected_answer }`. Anything else throws ORZ_DATA_MALFORMED with the field. Fields that say nothing about the problem are ignored.
 */
export function parseRecord(value: unknown, place: RecordPlace): PromptAndAnswer {
  if (Array.isArray(value)) return trainingForm(value, place);
  if (!isObject(value)) throw malformed(place, undefined, value, 'an object, or a list of two messages');
  return Array.isArray(value['prompt']) ? evaluationForm(value, value['prompt'], place) : plainForm(value, place);
}

function trainingForm(messages: readonly unknown[], place: RecordPlace): PromptAndAnswer {
  if (messages.length !== 2) throw malformed(place, 'length', messages.length, 'two messages, of human and assistant');
  const [question, reply] = messages;
  const truth = object(object(reply, '[1]', place)['ground_truth'], '[1].ground_truth', place);
  return {
    prompt: message(question, '[0]', 'human', place),
    answer: text(truth['value'], '[1].ground_truth.value', place),
  };
}

function evaluationForm(record: Fields, prompt: readonly unknown[], place: RecordPlace): PromptAndAnswer {
  if (prompt.length !== 1) throw malformed(place, 'prompt', prompt.length, 'one message');
  return { prompt: message(prompt[0], 'prompt[0]', 'user', place), answer: text(record['final_answer'], 'final_answer', place) };
}

function plainForm(record: Fields, place: RecordPlace): PromptAndAnswer {
  const choices = ['choices', 'options'].find((name) => record[name] !== undefined);
  if (choices !== undefined) throw malformed(place, choices, record[choices], 'no separate choices: write them into the question, as the evaluation form of Open-Reasoner-Zero does');
  const [promptField, answerField] = [onlyOne(record, promptFields, place), onlyOne(record, answerFields, place)];
  return { prompt: text(record[promptField], promptField, place), answer: finalAnswer(text(record[answerField], answerField, place)) };
}

/** GSM8K states its answer after four number signs, below the worked solution, with commas in large numbers. */
const finalAnswer = (answer: string): string => /(?:^|\n)#### *([^\n]+)\s*$/.exec(answer)?.[1]!.replaceAll(',', '').trim() ?? answer;

function onlyOne<Name extends string>(record: Fields, names: readonly Name[], place: RecordPlace): Name {
  const present = names.filter((name) => record[name] !== undefined);
  if (present.length === 1) return present[0]!;
  const [subject, has] = [names.join(' | '), Object.keys(record).join(', ')];
  throw present.length === 0 ? malformed(place, subject, undefined, `one of these fields; the record has ${has || 'none'}`) : malformed(place, subject, has, `one of these fields, not ${present.join(' and ')}`);
}

function message(value: unknown, path: string, from: string, place: RecordPlace): string {
  const fields = object(value, path, place);
  if (fields['from'] !== from) throw malformed(place, `${path}.from`, fields['from'], `"${from}"`);
  return text(fields['value'], `${path}.value`, place);
}

function object(value: unknown, path: string, place: RecordPlace): Fields {
  if (isObject(value)) return value;
  throw malformed(place, path, value, 'an object');
}

/** A number is as good as its digits. */
function text(value: unknown, path: string, place: RecordPlace): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw malformed(place, path, value, 'a text that is not empty, or a number');
}

function malformed({ path, number }: RecordPlace, name: string | undefined, value: unknown, expected: string): OrzError {
  const subject = name === undefined ? `Record ${number} of ${path}` : `Field ${name} of record ${number} of ${path}`;
  return new OrzError('ORZ_DATA_MALFORMED', `${subject} is ${value === undefined ? 'missing' : 'malformed'}`, {
    ...(value !== undefined && { value }), allowed: expected, origin: `${path}, record ${number}`, remedy: 'Correct the record, or remove it from the file.',
  });
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
