/** A step of the library that cuts a text into pieces; a function with settings. */
interface Splitter {
  (text: string | readonly string[], options?: object): string[];
  readonly config: { readonly type?: string };
  /** Of a sequence: its steps, in order. */
  readonly tokenizers?: readonly (Splitter | null)[];
  /** Of a step that maps bytes to characters: how it cuts before, if it does. */
  readonly pattern?: RegExp;
  readonly use_regex?: boolean;
  readonly add_prefix_space?: boolean;
}

/** The parts of the library's tokenizer from the split of added tokens to the ids. */
export interface WordPipeline {
  pre_tokenizer: Splitter | null;
  readonly model: { encode(words: readonly string[]): string[]; readonly fuse_unk?: boolean };
  readonly added_tokens_map: ReadonlyMap<string, { readonly id: number }>;
  /** Added tokens by their content, and the tokens of the model for the text between them. */
  encode_text(text: string): string[];
  token_to_id(token: string): number | undefined;
}

/** Words that are remembered; all are forgotten when there are more. */
const maxWords = 1 << 17;
/** UTF-16 units of the longest word that is remembered. */
const maxLength = 64;

/**
 * An encoder that remembers the ids of words, as cut by all steps before bytes become characters: most words of a
 * corpus have occurred before, and need neither their bytes nor their merges again. The ids are those of the library,
 * whose steps do all the work; it takes the pipeline over, which is of no other use then. Tokens without an id are −1.
 * Undefined for a tokenizer in which a word's tokens may depend on what is around it, or that has other last steps. For
 * models of merges (BPE) only.
 */
export function wordEncoder(pipeline: WordPipeline): ((text: string) => number[]) | undefined {
  const { pre_tokenizer: whole, model } = pipeline;
  // A sequence may hold steps that do nothing.
  const steps = (whole?.tokenizers ?? [whole]).filter((step) => step !== null);
  const bytes = steps.at(-1);
  if (bytes?.config.type !== 'ByteLevel' || bytes.add_prefix_space === true || model.fuse_unk === true)
    return undefined;
  const encode = model.encode.bind(model);
  const idsOf = remembering((word) => encode(bytes(word)).map((token) => pipeline.token_to_id(token) ?? -1));
  const split = splitBefore(steps.slice(0, -1), bytes);
  // The library then gives words instead of tokens.
  pipeline.pre_tokenizer = Object.assign(split, { config: bytes.config });
  model.encode = (words) => [...words];
  return (text) => {
    const ids: number[] = [];
    for (const word of pipeline.encode_text(text)) {
      const added = pipeline.added_tokens_map.get(word);
      if (added !== undefined) ids.push(added.id);
      else for (const id of idsOf(word)) ids.push(id);
    }
    return ids;
  };
}

/** All cuts, those of the step for bytes included. */
function splitBefore(steps: readonly Splitter[], { pattern, use_regex: cuts }: Splitter) {
  return (text: string | readonly string[], options?: object): string[] => {
    const pieces = steps.reduce((cut, step) => step(cut, options), [text].flat());
    return cuts === true && pattern !== undefined ? pieces.flatMap((piece) => piece.match(pattern) ?? []) : pieces;
  };
}

function remembering(idsOf: (word: string) => readonly number[]) {
  const known = new Map<string, readonly number[]>();
  return (word: string): readonly number[] => {
    const found = known.get(word);
    if (found !== undefined) return found;
    const ids = idsOf(word);
    if (known.size >= maxWords) known.clear();
    if (word.length <= maxLength) known.set(word, ids);
    return ids;
  };
}
