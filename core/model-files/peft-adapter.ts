import type { NamedTensor } from '../contracts/model.js';
import type { Storage } from '../contracts/storage.js';
import type { LoraSettings } from '../compute/nn/lora.js';
import { valueHeadName } from '../compute/nn/parameters.js';
import { unguessable } from '../unguessable.js';
import type { WeightType } from './number-formats.js';
import { storedAs, writeSafetensors, type Announced } from './safetensors.js';
import { scoreBiasName, scoreName } from './weights.js';

/** The adapters of one trained model, as they are saved for PEFT. */
export interface SavableAdapter {
  readonly role: 'policy' | 'critic';
  readonly lora: LoraSettings;
  /** What PEFT loads as the base model, if it is not given one: a folder or a repository of the hub. */
  readonly baseModel: string;
  /** Names and shapes of what {@link tensors} gives, in its order: matrices A and B, and the value head of a critic. */
  readonly shapes: readonly Announced[];
  tensors(): AsyncIterable<NamedTensor>;
}

/** As PEFT names them; the base model of a critic is a token classifier with one label, whose head is saved whole. */
const namePrefix = 'base_model.model.';
const nameInPeft = (name: string): string => namePrefix + (name === valueHeadName ? scoreName : name);
const biasName = namePrefix + scoreBiasName;

/**
 * Saves adapters as a folder that PEFT (0.18) loads onto the base model, under a temporary name until it is complete;
 * `folder` must be free. Throws ORZ_STORAGE, and ORZ_NOT_FINITE or ORZ_WEIGHTS for a number that the dtype cannot
 * store; nothing is left behind then.
 */
export async function savePeftAdapter(
  storage: Pick<Storage, 'write' | 'remove' | 'rename' | 'makeFolder'>,
  folder: string,
  adapter: SavableAdapter,
  dtype: WeightType = 'f32',
): Promise<void> {
  const partial = unguessable(`${folder}.partial-`);
  await storage.makeFolder(partial);
  try {
    const file = writeSafetensors(storedAs(fileShapes(adapter), dtype), fileTensors(adapter));
    await storage.write(`${partial}/adapter_model.safetensors`, file);
    await storage.write(`${partial}/adapter_config.json`, `${JSON.stringify(adapterConfig(adapter), null, 2)}\n`);
    await storage.rename(partial, folder);
  } catch (error) {
    // The first error tells more than one about tidying up.
    await storage.remove(partial).catch(() => undefined);
    throw error;
  }
}

/** The keys that PEFT writes for plain LoRA. */
const adapterConfig = ({ role, lora, baseModel }: SavableAdapter): Record<string, unknown> => ({
  peft_type: 'LORA',
  task_type: role === 'critic' ? 'TOKEN_CLS' : 'CAUSAL_LM',
  base_model_name_or_path: baseModel,
  inference_mode: true,
  r: lora.rank,
  lora_alpha: lora.alpha,
  lora_dropout: 0,
  target_modules: lora.targets,
  modules_to_save: role === 'critic' ? [scoreName.replace('.weight', '')] : null,
  bias: 'none',
  fan_in_fan_out: false,
  init_lora_weights: true,
  use_rslora: false,
  use_dora: false,
});

const fileShapes = ({ role, shapes }: SavableAdapter): Announced[] => [
  ...shapes.map(({ name, shape }) => ({ name: nameInPeft(name), shape })),
  ...(role === 'critic' ? [{ name: biasName, shape: [1] }] : []),
];

async function* fileTensors({ role, tensors }: SavableAdapter): AsyncIterable<NamedTensor> {
  for await (const tensor of tensors()) yield { ...tensor, name: nameInPeft(tensor.name) };
  if (role === 'critic') yield { name: biasName, shape: [1], data: new Float32Array(1) };
}
