import type { DecoderConfig } from '../../../core/compute/nn/config.js';
import { countParameters, decoderParameters, type ParameterSpec } from '../../../core/compute/nn/parameters.js';
import { sizeOf } from '../../../core/compute/tensor/types.js';
import type { BaseModel } from '../../../core/contracts/model-source.js';
import type { NamedTensor } from '../../../core/contracts/model.js';
import type { Tokenizer } from '../../../core/contracts/tokenizer.js';

/** Networks below this are measured whole: their time is that of calls, which fewer layers would not show. */
const measuredWhole = 8e6;
/** Numbers of an embedding that can be filled and multiplied within a short measurement. */
const maxEmbedding = 8e6;

/** A network as wide as another one, with so few layers and tokens that measuring it takes about a second. */
export function probeNetwork(config: DecoderConfig): DecoderConfig {
  if (isMeasuredWhole(config)) return config;
  return {
    ...config,
    layers: 1,
    vocabSize: Math.min(config.vocabSize, Math.max(256, Math.floor(maxEmbedding / config.hiddenSize))),
  };
}

export const isMeasuredWhole = (config: DecoderConfig): boolean =>
  countParameters(decoderParameters(config, 'language')) < measuredWhole;

/** The network with weights that are as large as those of a fresh one; they mean nothing. */
export const probeModel = (config: DecoderConfig): BaseModel => ({
  config,
  tokenizer: silentTokenizer(config.vocabSize),
  *weights() {
    for (const spec of decoderParameters(config, 'language')) yield valuesOf(spec);
  },
});

/** What the probe samples is never read. */
const silentTokenizer = (vocabSize: number): Tokenizer => ({
  vocabSize,
  endTokens: [],
  encode: () => new Int32Array(0),
  decode: () => '',
  definition: undefined,
});

const patternLength = 4096;

/** A pattern again and again: drawing each number would take longer than the measurement. */
function valuesOf({ name, shape, initial }: ParameterSpec): NamedTensor {
  const data = new Float32Array(sizeOf(shape));
  if ('fill' in initial) return { name, shape, data: data.fill(initial.fill) };
  const scale = 'std' in initial ? initial.std : initial.bound;
  for (let i = 0; i < Math.min(patternLength, data.length); i++) data[i] = scale * Math.sin(7 * i * i + i);
  for (let filled = patternLength; filled < data.length; filled *= 2) data.copyWithin(filled, 0, filled);
  return { name, shape, data };
}
