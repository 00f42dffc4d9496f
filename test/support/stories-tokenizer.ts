/** One piece of a llama2.c tokenizer: the higher its score, the earlier it is merged. */
interface Piece { readonly score: number; readonly bytes: Buffer }

const specials = ['<unk>', '<s>', '</s>'];
/** Ids of single bytes follow the special ones. */
const firstWord = specials.length + 256;

/**
 * The `tokenizer.json` of a llama2.c tokenizer (`tok512.bin`: an int32, then for each piece a float32 score, an int32 length
 * and its bytes). It is a byte-pair model whose merges are all ways to make a piece of two, best score first; a text begins
 * with `<s>` and a space.
 */
export function storiesTokenizer(table: Buffer): object {
  const pieces = readPieces(table);
  const contents = pieces.map(({ bytes }, id) => specials[id] ?? (id < firstWord ? `<0x${(id - 3).toString(16).toUpperCase().padStart(2, '0')}>` : bytes.toString('utf8').replaceAll(' ', '▁')));
  const vocab = Object.fromEntries(contents.map((content, id) => [content, id]));
  const byScore = pieces.map((_, id) => id).filter((id) => id >= firstWord).sort((a, b) => pieces[b]!.score - pieces[a]!.score || a - b);
  const splits = (content: string): [string, string][] => Array.from({ length: Math.max(0, content.length - 1) }, (_, i): [string, string] => [content.slice(0, i + 1), content.slice(i + 1)]);
  return {
    version: '1.0', truncation: null, padding: null,
    added_tokens: specials.map((content, id) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true })),
    normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }] },
    pre_tokenizer: null,
    post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }], pair: [], special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } } },
    decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] },
    model: {
      type: 'BPE', dropout: null, unk_token: '<unk>', continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: true, byte_fallback: true, vocab,
      merges: byScore.flatMap((id) => splits(contents[id]!).filter(([a, b]) => a in vocab && b in vocab)),
    },
  };
}

function readPieces(table: Buffer): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 4; at < table.length;) {
    const length = table.readInt32LE(at + 4);
    pieces.push({ score: table.readFloatLE(at), bytes: table.subarray(at + 8, at + 8 + length) });
    at += 8 + length;
  }
  return pieces;
}
