import { invalidDefinition } from './errors.js';
import { slowPattern } from './regex-safety.js';

/** The parts of a `tokenizer.json` that are read here; the rest goes to the tokenizer library as it is. */
export interface TokenizerDefinition {
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
  readonly model: { readonly type?: string; readonly unk_token?: string | null; readonly vocab: unknown };
}

/** Levels of objects and lists in one part; published definitions have up to six. */
const maxDepth = 30;

type Json = Readonly<Record<string, unknown>>;

const parts = ['added_tokens', 'normalizer', 'pre_tokenizer', 'post_processor', 'decoder', 'model'] as const;
const modelTypes = ['BPE', 'Unigram', 'WordPiece', 'WordLevel'];
/** As many rows as a model may have. */
const maxId = 2 ** 24 - 1;
/** More than published definitions ask for, which replace a character by one, or two. */
const maxGrowth = 100;
/** The tokenizer library splits as `Isolated` whatever else is asked, so what it does not know must be refused here. */
const splitBehaviours = ['isolated', 'removed'];

/**
 * The definition, if it is complete and every part of it is supported.
 *
 * @throws OrzError ORZ_TOKENIZER naming the key at fault.
 */
export function checkDefinition(definition: unknown, origin: string): TokenizerDefinition {
  return new DefinitionCheck(origin).check(definition);
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is to be found: a pattern, or a text as it is. */
const isPattern = (value: unknown): boolean =>
  isObject(value) && (typeof value.Regex === 'string' || (typeof value.String === 'string' && value.String !== ''));

/** How many times as long a text may be after a step and those inside of it. */
function growthOf(step: unknown): number {
  if (!isObject(step)) return 1;
  const inner = [step.normalizers, step.decoders].flatMap((steps): readonly unknown[] =>
    Array.isArray(steps) ? steps : [],
  );
  const own =
    typeof step.content === 'string' && isObject(step.pattern) ? step.content.length / foundBy(step.pattern) : 1;
  return inner.reduce((product: number, each) => product * growthOf(each), Math.max(1, own));
}

/** Fewest characters that a pattern finds; one for a regular expression. */
const foundBy = (pattern: Json): number =>
  typeof pattern.String === 'string' ? Math.max(1, pattern.String.length) : 1;

class DefinitionCheck {
  /** Which content has each id. */
  private readonly owners = new Map<number, string>();

  constructor(private readonly origin: string) {}

  check(definition: unknown): TokenizerDefinition {
    if (!isObject(definition)) return this.fail('A tokenizer definition must be an object', 'top level', definition);
    for (const part of parts) if (!(part in definition)) this.fail('The tokenizer definition lacks a part', part);
    const { model, added_tokens: addedTokens } = definition;
    if (!isObject(model)) return this.fail('The tokenizer model must be an object', 'model', model);
    if (!Array.isArray(addedTokens)) return this.fail('Added tokens must be a list', 'added_tokens', addedTokens);
    const { type } = model;
    if (type !== undefined && !modelTypes.some((known) => known === type))
      this.fail('This model is not supported', 'model.type', type);
    this.checkVocabulary(model.vocab);
    if (Array.isArray(model.merges)) this.checkMerges(model.merges);
    for (const [i, token] of addedTokens.entries()) this.checkAddedToken(token, `added_tokens[${i}]`);
    for (const part of ['normalizer', 'pre_tokenizer', 'decoder'] as const) this.checkPatterns(definition[part], part);
    for (const part of ['normalizer', 'decoder'] as const) this.checkGrowth(definition[part], part);
    this.checkSplits(definition.pre_tokenizer, 'pre_tokenizer');
    return definition as Json & TokenizerDefinition;
  }

  private fail(message: string, key: string, value?: unknown): never {
    throw invalidDefinition(message, `${this.origin}, ${key}`, value);
  }

  /** A list is a unigram table, where the position is the id. */
  private checkVocabulary(vocabulary: unknown): void {
    if (Array.isArray(vocabulary)) {
      for (const [id, entry] of vocabulary.entries())
        this.owners.set(id, String(Array.isArray(entry) ? entry[0] : entry));
      return;
    }
    if (!isObject(vocabulary)) this.fail('The vocabulary must be an object or a list', 'model.vocab', vocabulary);
    for (const [content, id] of Object.entries(vocabulary)) this.claimId(id, content, 'model.vocab');
  }

  /** A merge joins two tokens; the library passes over one that is something else. */
  private checkMerges(merges: readonly unknown[]): void {
    for (const [i, merge] of merges.entries()) {
      const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
      const isPair = Array.isArray(parts) && parts.length === 2 && parts.every((part) => typeof part === 'string');
      if (!isPair) this.fail('A merge must name two tokens', `model.merges[${i}]`, merge);
    }
  }

  private checkAddedToken(token: unknown, key: string): void {
    if (!isObject(token) || typeof token.content !== 'string' || token.content === '')
      return this.fail('An added token needs an id and a content', key, token);
    this.claimId(token.id, token.content, key);
    if (token.single_word === true)
      this.fail('Added tokens that match only whole words are not supported', `${key}.single_word`, token.content);
  }

  /** Takes an id for a content; no other content may have it. */
  private claimId(id: unknown, content: string, key: string): void {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > maxId)
      return this.fail(`A token id must be a whole number from 0 to ${maxId}`, key, { content, id });
    const other = this.owners.get(id);
    if (other !== undefined && other !== content)
      this.fail('Two tokens share an id', key, { id, contents: [other, content] });
    this.owners.set(id, content);
  }

  /** Patterns come with the tokenizer, so none may keep the engine busy without end. */
  private checkPatterns(step: unknown, key: string, depth = 0): void {
    if (typeof step !== 'object' || step === null) return;
    if (depth > maxDepth) return this.fail(`A part is nested deeper than ${maxDepth} levels`, key.slice(0, 40));
    for (const [name, value] of Object.entries(step)) {
      if (name === 'pattern' && !isPattern(value)) this.fail('This is no pattern', `${key}.pattern`, value);
      const reason = name === 'Regex' && typeof value === 'string' ? slowPattern(value) : undefined;
      if (reason !== undefined) this.fail(`A pattern could take time without end: ${reason}`, `${key}.${name}`, value);
      this.checkPatterns(value, `${key}.${name}`, depth + 1);
    }
  }

  /** A few steps that replace one character by many make a text that no memory holds. */
  private checkGrowth(step: unknown, key: string): void {
    const growth = growthOf(step);
    if (growth > maxGrowth) this.fail('A text could grow without end', key, `to ${growth} times its length`);
  }

  private checkSplits(step: unknown, key: string): void {
    if (!isObject(step)) return;
    if (Array.isArray(step.pretokenizers))
      for (const [i, inner] of step.pretokenizers.entries()) this.checkSplits(inner, `${key}.pretokenizers[${i}]`);
    if (step.type !== 'Split' || step.invert === true) return;
    if (!splitBehaviours.includes(String(step.behavior).toLowerCase()))
      this.fail('This way of splitting is not supported', `${key}.behavior`, step.behavior);
  }
}
