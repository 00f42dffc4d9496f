import type { DecoderConfig } from './config.js';
import { tooManyFrozenBlocks } from './errors.js';
import type { LoraSettings } from './lora.js';
import {
  decoderParameters,
  embeddingName,
  layerPrefix,
  type HeadKind,
  type ParameterSpec,
  type StoredDType,
} from './parameters.js';

/** How weights and moments are stored. */
export interface StoredDTypes {
  /** Of all parameters; those in bf16 are rounded stochastically after every step, since no exact copy is kept. */
  readonly weights: StoredDType;
  /** Of the state of the optimizer. */
  readonly moments: StoredDType;
}

/** Parts of policy and critic that stay as the base model has them. */
export interface FrozenParts {
  /** The embedding; where the output layer is tied to it, that too. */
  readonly embedding: boolean;
  /** The first blocks, at most all. */
  readonly blocks: number;
}

/** What a run wants of the parameters of its models; what is absent is as usual. */
export interface ParameterChoices {
  /** Policy and critic are trained through adapters on the base weights; if absent, their parameters are. */
  readonly lora?: LoraSettings | undefined;
  /** Absent: all numbers are f32. */
  readonly dtypes?: StoredDTypes | undefined;
  /** Absent: nothing is frozen. */
  readonly frozen?: FrozenParts | undefined;
}

/**
 * The parameters of a decoder as a run stores and trains them, adapters left aside. Throws ORZ_CONFIG_INVALID if more
 * blocks are to be frozen than there are.
 */
export function chosenParameters(
  config: DecoderConfig,
  head: HeadKind,
  { dtypes, frozen }: Pick<ParameterChoices, 'dtypes' | 'frozen'>,
): ParameterSpec[] {
  if (frozen && frozen.blocks > config.layers) throw tooManyFrozenBlocks(frozen.blocks, config.layers);
  const prefixes = Array.from({ length: frozen?.blocks ?? 0 }, (_, layer) => layerPrefix(layer));
  const isFrozen = (name: string): boolean =>
    (frozen?.embedding === true && name === embeddingName) || prefixes.some((prefix) => name.startsWith(prefix));
  return decoderParameters(config, head).map((spec) => ({
    ...spec,
    dtype: dtypes?.weights ?? spec.dtype,
    trainable: !isFrozen(spec.name),
  }));
}

/** The same parameters, none of them trained: those of a reference model. */
export const untrained = (specs: readonly ParameterSpec[]): ParameterSpec[] =>
  specs.map((spec) => ({ ...spec, trainable: false }));
