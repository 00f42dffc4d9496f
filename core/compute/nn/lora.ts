import { elementAt } from '../../arrays.js';
import { rankTooLarge } from './errors.js';
import { parameter, valueHeadName, type ParameterSpec } from './parameters.js';

/** The linear layers of a block, as PEFT calls them. */
export const loraTargets = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;

export type LoraTarget = (typeof loraTargets)[number];

/**
 * Low-rank adaptation (Hu et al. 2021, arXiv:2106.09685): of a weight W₀ [out, in] only the product in
 * W = W₀ + alpha/rank · B·A is trained, with A [rank, in] and B [out, rank].
 */
export interface LoraSettings {
  /** At least 1, at most the smaller extent of every target. */
  readonly rank: number;
  readonly alpha: number;
  /** Layers that are adapted, in every block; all other parameters but a critic's value head stay as they are. */
  readonly targets: readonly LoraTarget[];
}

/** Begins the names of the trained tensors themselves in the optimizer state of a model with adapters. */
export const trainedPrefix = 'parameter/';

/** The adapter of one weight. */
export interface Adapter {
  /** Name and shape [out, in] of the weight it changes. */
  readonly weight: ParameterSpec;
  /** Of the weight among all parameters of its model: the key of its random numbers. */
  readonly index: number;
  /** [rank, in]; starts as in PEFT, which is uniform in ±1/√in (Kaiming with a = √5). */
  readonly a: ParameterSpec;
  /** [out, rank]; starts as zeros, so that the model starts as the base. */
  readonly b: ParameterSpec;
}

/**
 * The adapters of a model with these parameters, in their order. Throws ORZ_CONFIG_INVALID if the rank exceeds an
 * extent of a target.
 */
export function adaptersOf(parameters: readonly ParameterSpec[], { rank, targets }: LoraSettings): Adapter[] {
  const isTarget = (name: string): boolean => targets.some((target) => name.endsWith(`.${target}.weight`));
  return parameters.flatMap((weight, index) => {
    if (!isTarget(weight.name)) return [];
    const [rows, columns] = [elementAt(weight.shape, 0), elementAt(weight.shape, 1)];
    if (rank > Math.min(rows, columns)) throw rankTooLarge(rank, weight.name, weight.shape);
    const part = (letter: 'A' | 'B'): string => weight.name.replace(/weight$/, `lora_${letter}.weight`);
    const a = parameter(part('A'), [rank, columns], { bound: 1 / Math.sqrt(columns) });
    const b = parameter(part('B'), [rows, rank], { fill: 0 });
    return [{ weight, index, a, b }];
  });
}

/** What the optimizer changes: what is not frozen, or with LoRA the adapters and the value head of a critic, in f32. */
export function trainedParameters(
  parameters: readonly ParameterSpec[],
  lora: LoraSettings | undefined,
): readonly ParameterSpec[] {
  if (!lora) return parameters.filter(({ trainable }) => trainable);
  const heads = parameters.filter(({ name }) => name === valueHeadName);
  return [...adaptersOf(parameters, lora).flatMap(({ a, b }) => [a, b]), ...heads.map(inF32)];
}

/**
 * The parameters of a model with adapters as its network reads them. Merged weights are f32: in bf16 a small adapter
 * would be rounded away. Only of these and of a value head is there a gradient.
 */
export function mergedParameters(parameters: readonly ParameterSpec[], lora: LoraSettings): ParameterSpec[] {
  const merged = new Set(adaptersOf(parameters, lora).map(({ weight }) => weight.name));
  return parameters.map((spec) =>
    merged.has(spec.name) || spec.name === valueHeadName ? inF32(spec) : { ...spec, trainable: false },
  );
}

const inF32 = (spec: ParameterSpec): ParameterSpec => ({ ...spec, dtype: 'f32', trainable: true });
