/**
 * Small tokenizer definitions of the two common kinds: byte-level BPE (GPT-2, Qwen) and BPE with byte fallback
 * (Llama 2).
 */

const added = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/**
 * The printable character for each byte in byte-level vocabularies: itself where printable, else the next free one from
 * U+0100 on.
 */
const byteCharacters: string[] = (() => {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

/** Token content of raw bytes in a byte-level table. */
export const byteContent = (bytes: readonly number[]): string => bytes.map((byte) => byteCharacters[byte]).join('');

/** Ids 0–255 are the bytes, then `E2 82` and `82 AC` (halves of €), `th`, `the`, ` t`; then one special token. */
export function byteLevelDefinition() {
  const merges = [
    [[0xe2], [0x82]],
    [[0x82], [0xac]],
    [[0x74], [0x68]],
    [[0x74, 0x68], [0x65]],
    [[0x20], [0x74]],
  ] as const;
  const contents = [...byteCharacters, ...merges.map(([a, b]) => byteContent([...a, ...b]))];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [added(contents.length, '<|end|>')],
    normalizer: null,
    post_processor: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(contents.map((content, id) => [content, id])),
      merges: merges.map(([a, b]) => [byteContent(a), byteContent(b)]),
    },
  };
}

/**
 * Ids 0–2 special, 3–258 the bytes as `<0xNN>`, then a few words; a space is `▁`, and one at the start of a text is not
 * shown.
 */
export function byteFallbackDefinition() {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const contents = ['<unk>', '<s>', '</s>', ...bytes, '▁', 'a', 'b', '▁a', '▁b', 'ab'];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [added(0, '<unk>'), added(1, '<s>'), added(2, '</s>')],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
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
      vocab: Object.fromEntries(contents.map((content, id) => [content, id])),
      merges: [
        ['▁', 'a'],
        ['▁', 'b'],
        ['a', 'b'],
      ],
    },
  };
}

/** Single letters without an unknown token: most texts cannot be written with it. */
export function letterDefinition(letters: string) {
  const { model, ...rest } = byteLevelDefinition();
  const vocab = Object.fromEntries([...letters].map((letter, id) => [letter, id]));
  return {
    ...rest,
    added_tokens: [added(letters.length, '<|end|>')],
    pre_tokenizer: null as unknown,
    decoder: { type: 'Fuse' },
    model: { ...model, vocab, merges: [] as string[][] },
  };
}
