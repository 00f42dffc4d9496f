import { OrzError } from '../errors.js';

/** One piece of the table: the higher its score, the earlier it is merged. */
interface Piece {
  readonly score: number;
  readonly bytes: Uint8Array;
}

const specials = ['<unk>', '<s>', '</s>'];
/** Ids of single bytes follow the special ones. */
const firstWord = specials.length + 256;
/** No piece of such a table is longer; a damaged length must not make the reader take half the file for one. */
const longestPiece = 256;

/**
 * The `tokenizer.json` that a tokenizer of karpathy/llama2.c amounts to. Its table is a little-endian int32 (the longest piece), then for each
 * id a float32 score, an int32 length and that many bytes. It encodes as a byte-pair model whose merges are all ways to make a piece of two,
 * best score first; a text begins with `<s>` and a space. Throws ORZ_TOKENIZER for a damaged table.
 */
export function llama2cTokenizer(table: Uint8Array, origin: string): object {
  const pieces = readPieces(table, origin);
  const text = new TextDecoder();
  const contents = pieces.map(
    ({ bytes }, id) =>
      specials[id] ??
      (id < firstWord
        ? `<0x${(id - 3).toString(16).toUpperCase().padStart(2, '0')}>`
        : text.decode(bytes).replaceAll(' ', '▁')),
  );
  const vocab = Object.fromEntries(contents.map((content, id) => [content, id]));
  const byScore = pieces
    .map((_, id) => id)
    .filter((id) => id >= firstWord)
    .sort((a, b) => pieces[b]!.score - pieces[a]!.score || a - b);
  const splits = (content: string): [string, string][] =>
    Array.from({ length: Math.max(0, content.length - 1) }, (_, i): [string, string] => [
      content.slice(0, i + 1),
      content.slice(i + 1),
    ]);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
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
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      vocab,
      merges: byScore.flatMap((id) =>
        splits(contents[id]!).filter(([a, b]) => Object.hasOwn(vocab, a) && Object.hasOwn(vocab, b)),
      ),
    },
  };
}

function readPieces(table: Uint8Array, origin: string): Piece[] {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const broken = (at: number): never => {
    throw new OrzError(
      'ORZ_TOKENIZER',
      `${origin} is no tokenizer of llama2.c: piece ${pieces.length} at byte ${at} is damaged or cut short`,
      { value: at, origin, remedy: 'use the file that was published with the model, or give a tokenizer.json' },
    );
  };
  const pieces: Piece[] = [];
  for (let at = 4; at < table.length;) {
    if (at + 8 > table.length) broken(at);
    const [score, length] = [view.getFloat32(at, true), view.getInt32(at + 4, true)];
    if (!Number.isFinite(score) || length < 0 || length > longestPiece || at + 8 + length > table.length) broken(at);
    pieces.push({ score, bytes: table.subarray(at + 8, at + 8 + length) });
    at += 8 + length;
  }
  if (pieces.length <= firstWord) broken(table.length);
  return pieces;
}
