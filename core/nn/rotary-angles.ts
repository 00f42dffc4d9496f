import type { DecoderConfig } from './config.js';

/**
 * Cosines and sines of the rotary angles of given positions, [N, headDim / 2] each. The angle is rounded to f32 before the
 * cosine as in Hugging Face `transformers`, so that long positions agree with it.
 */
export function rotaryAngles(config: DecoderConfig, positions: Int32Array): { cos: Float32Array; sin: Float32Array } {
  const half = config.headDim / 2;
  const frequencies = Float32Array.from({ length: half }, (_, i) => 1 / config.ropeTheta ** ((2 * i) / config.headDim));
  const cos = new Float32Array(positions.length * half), sin = new Float32Array(positions.length * half);
  for (let n = 0; n < positions.length; n++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(positions[n]! * frequencies[i]!);
      cos[n * half + i] = Math.cos(angle);
      sin[n * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
