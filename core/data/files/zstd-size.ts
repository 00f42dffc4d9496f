const kibi = 2 ** 10;
const maxBlock = 128 * kibi;
const frameMagic = 0xfd2fb528;
const isSkippable = (magic: number): boolean => magic >>> 4 === 0x184d2a5;

/**
 * Upper bound of what a Zstandard text expands to and of the memory that its frames ask for, in bytes, from the headers
 * of frames and blocks (RFC 8878, section 3.1), without expanding anything. Infinity for what is no such text.
 */
export function zstdBound(input: Uint8Array): number {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let [at, bound] = [0, 0];
  try {
    while (at < input.length) {
      const magic = view.getUint32(at, true);
      if (isSkippable(magic)) at += 8 + view.getUint32(at + 4, true);
      else if (magic === frameMagic) {
        const frame = readFrame(view, at + 4);
        bound += Math.max(frame.claimed, frame.blocks);
        at = frame.end;
      } else return Infinity;
    }
  } catch {
    return Infinity; // Truncated: a header lies beyond the end.
  }
  return bound;
}

interface Frame {
  /** The larger of content size and window, which are allocated at once. */
  readonly claimed: number;
  /** Upper bound of what its blocks hold. */
  readonly blocks: number;
  readonly end: number;
}

function readFrame(view: DataView, start: number): Frame {
  const descriptor = view.getUint8(start);
  const isSingle = (descriptor & 0x20) !== 0;
  const window = isSingle ? 0 : windowSize(view.getUint8(start + 1));
  const contentAt = start + (isSingle ? 1 : 2) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const contentBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
  const { blocks, end } = readBlocks(view, contentAt + contentBytes);
  const claimed = Math.max(window, contentSize(view, contentAt, contentBytes));
  return { claimed, blocks, end: end + ((descriptor & 4) === 0 ? 0 : 4) };
}

const windowSize = (descriptor: number): number => 2 ** (10 + (descriptor >>> 3)) * (1 + (descriptor & 7) / 8);

function contentSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 8) return Number(view.getBigUint64(at, true));
  if (bytes === 4) return view.getUint32(at, true);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  return bytes === 1 ? view.getUint8(at) : 0;
}

function readBlocks(view: DataView, start: number): { readonly blocks: number; readonly end: number } {
  let [at, blocks] = [start, 0];
  for (let isLast = false; !isLast;) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const [type, size] = [(header >>> 1) & 3, header >>> 3];
    isLast = (header & 1) !== 0;
    // Raw bytes, one byte repeated, or compressed.
    blocks += type === 2 ? maxBlock : size;
    at += 3 + (type === 1 ? 1 : size);
  }
  return { blocks, end: at };
}
