/* eslint-disable @typescript-eslint/no-non-null-assertion -- inner loops over typed arrays */
import type { DecoderConfig, RopeScaling } from './config.js';

/** Cosines and sines [N, headDim / 2] of the angles of N tokens. */
export interface RotaryRows {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/**
 * Cosines and sines of rotary angles, computed once per position. Every step is rounded to f32 as in Hugging Face
 * `transformers`: at position 100,000 one unit in the last place of a frequency turns an angle by 0.006.
 */
export class RotaryTable {
  private readonly frequencies: Float32Array;
  /** [positions, headDim / 2] each; only rows marked in `known` are filled in. */
  private cos = new Float32Array(0);
  private sin = new Float32Array(0);
  private known = new Uint8Array(0);

  constructor(config: DecoderConfig) {
    this.frequencies = rotaryFrequencies(config);
  }

  /** Rows for the given positions: cos and sin [N, headDim / 2] each, freshly allocated. */
  rows(positions: Int32Array): RotaryRows {
    const half = this.frequencies.length;
    this.require(positions);
    const cos = new Float32Array(positions.length * half),
      sin = new Float32Array(positions.length * half);
    // Element by element: a row is too short to pay for a view of it.
    for (let n = 0; n < positions.length; n++) {
      const from = positions[n]! * half,
        to = n * half;
      for (let i = 0; i < half; i++) {
        cos[to + i] = this.cos[from + i]!;
        sin[to + i] = this.sin[from + i]!;
      }
    }
    return { cos, sin };
  }

  private require(positions: Int32Array): void {
    let last = 0;
    for (const position of positions) last = Math.max(last, position);
    if (last >= this.known.length) this.growTo(Math.max(last + 1, 2 * this.known.length));
    for (const position of positions) if (this.known[position] === 0) this.fill(position);
  }

  private growTo(positions: number): void {
    const half = this.frequencies.length,
      { cos, sin, known } = this;
    this.cos = new Float32Array(positions * half);
    this.sin = new Float32Array(positions * half);
    this.known = new Uint8Array(positions);
    this.cos.set(cos);
    this.sin.set(sin);
    this.known.set(known);
  }

  private fill(position: number): void {
    const half = this.frequencies.length,
      from = position * half;
    for (let i = 0; i < half; i++) {
      const angle = f32(position * this.frequencies[i]!);
      this.cos[from + i] = Math.cos(angle);
      this.sin[from + i] = Math.sin(angle);
    }
    this.known[position] = 1;
  }
}

const f32 = Math.fround;

/** Radians per position of each pair of components [headDim / 2]. */
export function rotaryFrequencies({ headDim, ropeTheta, ropeScaling }: DecoderConfig): Float32Array {
  const plain = Float32Array.from({ length: headDim / 2 }, (_, i) => 1 / f32(ropeTheta ** f32((2 * i) / headDim)));
  return ropeScaling ? plain.map((frequency) => llama3Scaled(frequency, ropeScaling)) : plain;
}

/** As `_compute_llama3_parameters` of transformers does for one frequency (Llama 3.1 model card). */
function llama3Scaled(frequency: number, s: RopeScaling): number {
  const wavelength = f32(f32(1 / frequency) * f32(2 * Math.PI));
  if (wavelength > s.originalMaxPositions / s.lowFrequencyFactor) return f32(frequency / s.factor);
  if (wavelength < s.originalMaxPositions / s.highFrequencyFactor) return frequency;
  const turns = f32(f32(1 / wavelength) * s.originalMaxPositions);
  const keep = f32(f32(turns - s.lowFrequencyFactor) / f32(s.highFrequencyFactor - s.lowFrequencyFactor));
  return f32(f32(f32(f32(1 - keep) * frequency) / s.factor) + f32(keep * frequency));
}
