import { zip } from '../arrays.js';
import { damagedTable } from './errors.js';

/** One piece of the table: the higher its score, the earlier it is merged. */
interface Piece {
  readonly score: number;
  readonly bytes: Uint8Array;
}

const specials = ['<unk>', '<s>', '</s>'];
/** Ids of single bytes follow the special ones. */
const firstWord = specials.length + 256;
/** Maximum bytes of a piece; longer ones exist in no such table, and a damaged length must not take half the file. */
const maxPieceBytes = 256;

/**
 * The `tokenizer.json` that is equivalent to a tokenizer of karpathy/llama2.c. Its table is a little-endian int32 (the
 * length of the longest piece), then for each id a float32 score, an int32 length and that many bytes. It encodes as a
 * byte-pair model whose merges are all ways to make a piece of two, best score first; a text begins with `<s>` and a
 * space. Throws ORZ_TOKENIZER for a damaged table.
 */
export function llama2cTokenizer(table: Uint8Array, origin: string): object {
  const pieces = readPieces(table, origin);
  const contents = contentsOf(pieces);
  const vocab = Object.fromEntries(contents.map((content, id) => [content, id]));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map(addedToken),
    ...textSteps,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      vocab,
      merges: mergesOf(pieces, contents, vocab),
    },
  };
}

const addedToken = (content: string, id: number) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/** What surrounds the byte-pair model: spaces are written as `▁`, and one is put before every text. */
const textSteps = {
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  pre_tokenizer: null,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
  },
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
};

/** The content of each id: a special token, a single byte such as `<0x0A>`, or text. */
function contentsOf(pieces: readonly Piece[]): string[] {
  const decoder = new TextDecoder();
  return pieces.map(({ bytes }, id) => {
    const special = specials[id];
    if (special !== undefined) return special;
    if (id >= firstWord) return decoder.decode(bytes).replaceAll(' ', '▁');
    return `<0x${(id - specials.length).toString(16).toUpperCase().padStart(2, '0')}>`;
  });
}

/** All ways to make a piece of two others, those of the best score first. */
function mergesOf(
  pieces: readonly Piece[],
  contents: readonly string[],
  vocab: Readonly<Record<string, number>>,
): [string, string][] {
  const words = [...zip(pieces, contents)]
    .slice(firstWord)
    .map(([{ score }, content]) => ({ score, content }))
    .sort((a, b) => b.score - a.score);
  return words.flatMap(({ content }) =>
    splits(content).filter(([a, b]) => Object.hasOwn(vocab, a) && Object.hasOwn(vocab, b)),
  );
}

const splits = (content: string): [string, string][] =>
  Array.from({ length: Math.max(0, content.length - 1) }, (_, i): [string, string] => [
    content.slice(0, i + 1),
    content.slice(i + 1),
  ]);

function readPieces(table: Uint8Array, origin: string): Piece[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const pieces: Piece[] = [];
  for (let at = 4; at < table.length;) {
    if (at + 8 > table.length) throw damagedTable(origin, pieces.length, at);
    const score = view.getFloat32(at, true);
    const length = view.getInt32(at + 4, true);
    const end = at + 8 + length;
    if (!Number.isFinite(score) || length < 0 || length > maxPieceBytes || end > table.length)
      throw damagedTable(origin, pieces.length, at);
    pieces.push({ score, bytes: table.subarray(at + 8, end) });
    at = end;
  }
  if (pieces.length <= firstWord) throw damagedTable(origin, pieces.length, table.length);
  return pieces;
}
