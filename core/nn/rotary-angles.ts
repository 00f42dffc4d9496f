import type { DecoderConfig } from './config.js';

export interface RotaryRows { readonly cos: Float32Array; readonly sin: Float32Array }

/**
 * Cosines and sines of rotary angles, computed once per position. The angle is rounded to f32 before the cosine as in
 * Hugging Face `transformers`, so that long positions agree with it.
 */
export class RotaryTable {
  private readonly frequencies: Float32Array;
  private cos = new Float32Array(0);
  private sin = new Float32Array(0);

  constructor(config: DecoderConfig) {
    this.frequencies = Float32Array.from({ length: config.headDim / 2 }, (_, i) => 1 / config.ropeTheta ** ((2 * i) / config.headDim));
  }

  /** Rows for the given positions: cos and sin [N, headDim / 2] each, freshly allocated. */
  rows(positions: Int32Array): RotaryRows {
    const half = this.frequencies.length;
    let last = 0;
    for (const position of positions) last = Math.max(last, position);
    this.growTo(last + 1);
    const cos = new Float32Array(positions.length * half), sin = new Float32Array(positions.length * half);
    // Element by element: a row is too short to pay for a view of it.
    for (let n = 0; n < positions.length; n++) {
      const from = positions[n]! * half, to = n * half;
      for (let i = 0; i < half; i++) {
        cos[to + i] = this.cos[from + i]!;
        sin[to + i] = this.sin[from + i]!;
      }
    }
    return { cos, sin };
  }

  private growTo(positions: number): void {
    const half = this.frequencies.length, known = this.cos.length / half;
    if (positions <= known) return;
    const size = Math.max(positions, 2 * known);
    const angle = (i: number): number => Math.fround(Math.floor(i / half) * this.frequencies[i % half]!);
    this.cos = Float32Array.from({ length: size * half }, (_, i) => Math.cos(angle(i)));
    this.sin = Float32Array.from({ length: size * half }, (_, i) => Math.sin(angle(i)));
  }
}
