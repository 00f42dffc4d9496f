import { crc32, deflateSync, inflateSync } from 'node:zlib';

/**
 * A screenshot with at most 256 colours, a third of the size or less. Pages have few colours beside the shades of
 * letters: the most frequent ones stay as they are, then those that would change most, and the others take the nearest
 * of them.
 * @param {Buffer} png 8 bits per channel, not interlaced, as browsers write it
 * @returns {Buffer}
 */
export function indexColors(png) {
  const { width, height, pixels } = decode(png);
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const palette = choosePalette(counts);
  const index = new Map(palette.map((color, i) => [color, i]));
  for (const color of counts.keys()) if (!index.has(color)) index.set(color, nearest(palette, color));
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rows[y * (width + 1) + 1 + x] = /** @type {number} */ (index.get(/** @type {number} */ (pixels[y * width + x])));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colors = Buffer.from(palette.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', colors),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const framed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(framed));
  return Buffer.concat([length, framed, sum]);
}

/** @param {Buffer} png @returns {{ width: number, height: number, pixels: Uint32Array }} pixels as 0xRRGGBB */
function decode(png) {
  const [width, height, channels] = [png.readUInt32BE(16), png.readUInt32BE(20), png[25] === 6 ? 4 : 3];
  if (png[24] !== 8 || (png[25] !== 2 && png[25] !== 6) || png[28] !== 0)
    throw new Error('only 8-bit RGB or RGBA without interlacing');
  const parts = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const bytes = unfilter(inflateSync(Buffer.concat(parts)), width * channels, height, channels);
  const pixels = Uint32Array.from(
    { length: width * height },
    (_, i) => (at(bytes, i * channels) << 16) | (at(bytes, i * channels + 1) << 8) | at(bytes, i * channels + 2),
  );
  return { width, height, pixels };
}

/** @param {Uint8Array} bytes @param {number} i */
const at = (bytes, i) => /** @type {number} */ (bytes[i]);

/**
 * The five filters of the format.
 * @param {Buffer} data
 * @param {number} stride
 * @param {number} height
 * @param {number} step
 */
function unfilter(data, stride, height, step) {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = data[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const left = x >= step ? at(out, y * stride + x - step) : 0;
      const up = y > 0 ? at(out, (y - 1) * stride + x) : 0;
      const corner = x >= step && y > 0 ? at(out, (y - 1) * stride + x - step) : 0;
      const guess =
        filter === 1
          ? left
          : filter === 2
            ? up
            : filter === 3
              ? (left + up) >> 1
              : filter === 4
                ? paeth(left, up, corner)
                : 0;
      out[y * stride + x] = at(data, y * (stride + 1) + 1 + x) + guess;
    }
  }
  return out;
}

/** @param {number} left @param {number} up @param {number} corner */
function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** @param {ReadonlyMap<number, number>} counts @returns {number[]} */
function choosePalette(counts) {
  const palette = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 96)
    .map(([color]) => color);
  const others = [...counts].map(([color, count]) => ({
    color,
    weight: Math.sqrt(count),
    error: Math.min(...palette.map((chosen) => distance(chosen, color))),
  }));
  while (palette.length < Math.min(256, counts.size)) {
    const { color } = others.reduce((a, b) => (b.error * b.weight > a.error * a.weight ? b : a));
    palette.push(color);
    for (const other of others) other.error = Math.min(other.error, distance(color, other.color));
  }
  return palette;
}

/** @param {number} a @param {number} b */
const distance = (a, b) =>
  ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;

/** @param {number[]} palette @param {number} color */
function nearest(palette, color) {
  let [best, bestDistance] = [0, Infinity];
  palette.forEach((other, i) => {
    const far = distance(other, color);
    if (far < bestDistance) [best, bestDistance] = [i, far];
  });
  return best;
}
