import { OrzError } from '../errors.js';

/** The parts of a `tokenizer.json` that are read here; the rest goes to the tokenizer library as it is. */
export interface TokenizerDefinition {
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
  readonly model: { readonly type?: string; readonly unk_token?: string | null; readonly vocab: unknown };
}

type Json = Readonly<Record<string, unknown>>;

const parts = ['added_tokens', 'normalizer', 'pre_tokenizer', 'post_processor', 'decoder', 'model'] as const;
/** The tokenizer library cuts as `Isolated` whatever else is asked, so anything it does not know must stop here. */
const splitBehaviours = ['isolated', 'removed'];

/**
 * The definition, if it is complete and every part of it is honoured.
 *
 * @throws OrzError ORZ_TOKENIZER naming the key at fault.
 */
export function checkDefinition(definition: unknown, origin: string): TokenizerDefinition {
  const fail: Fail = (message, key, value) => {
    throw new OrzError('ORZ_TOKENIZER', message, {
      origin: `${origin}, ${key}`,
      ...(value === undefined ? {} : { value }),
      remedy: 'Use a tokenizer.json as Hugging Face tokenizers write it.',
    });
  };
  if (!isObject(definition)) return fail('A tokenizer definition must be an object.', 'top level', definition);
  for (const part of parts) if (!(part in definition)) fail('The tokenizer definition lacks a part.', part);
  if (!isObject(definition.model)) return fail('The tokenizer model must be an object.', 'model', definition.model);
  if (!Array.isArray(definition.added_tokens))
    return fail('Added tokens must be a list.', 'added_tokens', definition.added_tokens);
  const owners = checkVocabulary(definition.model.vocab, fail);
  definition.added_tokens.forEach((token: unknown, i) => checkAddedToken(token, owners, fail, `added_tokens[${i}]`));
  checkSplits(definition.pre_tokenizer, fail, 'pre_tokenizer');
  return definition as Json & TokenizerDefinition;
}

type Fail = (message: string, key: string, value?: unknown) => never;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Which content owns each id. A list is a unigram table, where the position is the id. */
function checkVocabulary(vocabulary: unknown, fail: Fail): Map<number, string> {
  const owners = new Map<number, string>();
  if (Array.isArray(vocabulary)) {
    vocabulary.forEach((entry: unknown, id) => owners.set(id, String(Array.isArray(entry) ? entry[0] : entry)));
    return owners;
  }
  if (!isObject(vocabulary)) return fail('The vocabulary must be an object or a list.', 'model.vocab', vocabulary);
  for (const [content, id] of Object.entries(vocabulary)) own(owners, id, content, fail, 'model.vocab');
  return owners;
}

function checkAddedToken(token: unknown, owners: Map<number, string>, fail: Fail, key: string): void {
  if (!isObject(token) || typeof token.content !== 'string' || token.content === '') {
    return fail('An added token needs an id and a content.', key, token);
  }
  own(owners, token.id, token.content, fail, key);
  if (token.single_word === true)
    fail('Added tokens that match only whole words are not supported.', `${key}.single_word`, token.content);
}

function own(owners: Map<number, string>, id: unknown, content: string, fail: Fail, key: string): void {
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0)
    return fail('A token id must be a whole number from 0 up.', key, { content, id });
  const other = owners.get(id);
  if (other !== undefined && other !== content)
    fail('Two tokens share an id.', key, { id, contents: [other, content] });
  owners.set(id, content);
}

function checkSplits(step: unknown, fail: Fail, key: string): void {
  if (!isObject(step)) return;
  if (Array.isArray(step.pretokenizers))
    step.pretokenizers.forEach((inner, i) => checkSplits(inner, fail, `${key}.pretokenizers[${i}]`));
  const behaviour = step.type === 'Split' && step.invert !== true ? String(step.behavior).toLowerCase() : 'isolated';
  if (!splitBehaviours.includes(behaviour))
    fail('This way of splitting is not supported.', `${key}.behavior`, step.behavior);
}
