import { Tokenizer as Library } from '@huggingface/tokenizers';
import { elementAt } from '../arrays.js';
import type { Tokenizer } from '../contracts/tokenizer.js';
import { useUnicodeClasses } from './character-classes.js';
import { checkDefinition, type TokenizerDefinition } from './definition.js';
import { invalidTokenId, unencodableText, unknownToken, unusableDefinition } from './errors.js';
import { normalizeAsTokenizers, type NormalForm } from './unicode.js';
import { wordEncoder, type WordPipeline } from './word-encoder.js';

export interface TokenizerOptions {
  /** Tokens that end a text, as ids or as the exact content of a token; a tokenizer.json does not name them. */
  readonly endTokens: readonly (number | string)[];
  /** Token that begins a text, if the model was trained with one. */
  readonly bosToken?: number | string;
  /** Parsed `tokenizer_config.json`; few tokenizers need it. */
  readonly config?: object;
  /** Where the definition came from, for error messages. */
  readonly origin?: string;
}

interface HubNormalizer {
  readonly normalizers?: readonly HubNormalizer[];
  readonly form?: NormalForm;
  normalize(text: string): string;
}

interface HubDecoder {
  readonly decoders?: readonly HubDecoder[];
  text_decoder?: { readonly ignoreBOM: boolean };
}

/** The part of the library that is used. Its own types are lost under Node's module resolution. */
interface HubTokenizer extends WordPipeline {
  readonly model: WordPipeline['model'] & { readonly vocab: readonly string[] };
  readonly decoder: HubDecoder | null;
  readonly normalizer: HubNormalizer | null;
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: number[]; readonly tokens: string[] };
  decode(ids: number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
  id_to_token(id: number): string | undefined;
  get_added_tokens_decoder(): Map<number, { readonly content: string }>;
}

/** No text contains this noncharacter, so it marks pieces that have no id without meeting a real token. */
const unencodable = '\uFFFF<no id>';

/**
 * A tokenizer from the parsed content of a `tokenizer.json`. Needs neither files nor network.
 *
 * Departures from Hugging Face: no special tokens are added, nothing is truncated, spaces before punctuation are never
 * "cleaned up" when decoding, and a character the vocabulary cannot encode is ORZ_TOKENIZER where other implementations
 * silently leave it out. A vocabulary that has an unknown token uses it. Ids without an entry (models often have more
 * rows than the tokenizer has tokens) decode to no text.
 *
 * @throws OrzError ORZ_TOKENIZER for a definition that is incomplete, contradictory or needs what is not supported.
 */
export function createTokenizer(definition: unknown, options: TokenizerOptions): Tokenizer {
  const origin = options.origin ?? 'tokenizer.json';
  const checked = checkDefinition(definition, origin);
  const hub = build(checked, options.config ?? {}, origin);
  const vocabulary = hub.model.vocab;
  const encode = encoderOf(hub, checked, origin);
  const resolve = (token: number | string): number => resolveToken(hub, token, origin);
  return {
    vocabSize: vocabulary.length,
    endTokens: options.endTokens.map(resolve),
    ...(options.bosToken === undefined ? {} : { bosToken: resolve(options.bosToken) }),
    encode,
    decode: (tokens) => decode(hub, vocabulary, tokens),
    definition,
  };
}

function build(definition: TokenizerDefinition, config: object, origin: string): HubTokenizer {
  const { model } = definition;
  const marked = model.type === 'BPE' ? { ...model, unk_token: model.unk_token ?? unencodable } : model;
  try {
    // The library's types do not resolve under this module resolution.
    const hub = new (Library as new (definition: object, config: object) => HubTokenizer)(
      { ...definition, model: marked },
      config,
    );
    keepByteOrderMarks(hub.decoder);
    normalizeAlike(hub.normalizer);
    useUnicodeClasses(hub.pre_tokenizer);
    return hub;
  } catch (cause) {
    throw unusableDefinition(origin, cause);
  }
}

/**
 * Without this a byte order mark is dropped where consecutive byte tokens begin with it, so that a text would depend on
 * where it is cut.
 */
function keepByteOrderMarks(decoder: HubDecoder | null): void {
  if (decoder?.text_decoder?.ignoreBOM === false) decoder.text_decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  decoder?.decoders?.forEach(keepByteOrderMarks);
}

/** The library normalises by the Unicode of the engine, and so differently on different ones. */
function normalizeAlike(normalizer: HubNormalizer | null): void {
  const form = normalizer?.form;
  if (normalizer && form !== undefined) normalizer.normalize = (text) => normalizeAsTokenizers(text, form);
  normalizer?.normalizers?.forEach(normalizeAlike);
}

function resolveToken(hub: HubTokenizer, token: number | string, origin: string): number {
  const id = typeof token === 'string' ? hub.token_to_id(token) : token;
  if (id === undefined || hub.id_to_token(id) === undefined) throw unknownToken(token, hub.model.vocab.length, origin);
  return id;
}

function encoderOf(hub: HubTokenizer, { model }: TokenizerDefinition, origin: string): (text: string) => Int32Array {
  const whole = (text: string): number[] => {
    const { ids, tokens } = hub.encode(text, { add_special_tokens: false });
    return ids.map((id, i) => (tokens[i] === unencodable ? -1 : id));
  };
  const idsOf = (model.type === 'BPE' ? wordEncoder(hub) : undefined) ?? whole;
  return (text) => {
    const ids = idsOf(text);
    if (ids.includes(-1)) throw unencodableText(missingCharacters(hub, idsOf, text).slice(0, 20), origin);
    return Int32Array.from(ids);
  };
}

/** Characters without an id, in order of appearance; those of added tokens need none of their own. */
function missingCharacters(hub: HubTokenizer, idsOf: (text: string) => number[], text: string): string[] {
  const added = [...hub.get_added_tokens_decoder().values()]
    .map(({ content }) => content)
    .sort((a, b) => b.length - a.length);
  const rest = added.reduce((left, content) => left.replaceAll(content, ''), text);
  return [...new Set(rest)].filter((character) => idsOf(character).includes(-1));
}

function decode(hub: HubTokenizer, vocabulary: readonly string[], tokens: ArrayLike<number>): string {
  const ids = Array.from(tokens);
  const invalid = ids.findIndex((id) => !Number.isInteger(id) || id < 0);
  if (invalid >= 0) throw invalidTokenId(elementAt(ids, invalid), invalid);
  const known = ids.filter((id) => vocabulary[id] !== undefined);
  return known.length === 0
    ? ''
    : hub.decode(known, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
}
