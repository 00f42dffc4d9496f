import { OrzError } from '../errors.js';
import type { Model } from '../contracts/model.js';
import type { BaseModel } from '../contracts/model-source.js';
import type { Storage } from '../contracts/platform.js';
import type { Tokenizer } from '../contracts/tokenizer.js';
import type { DecoderConfig } from '../nn/config.js';
import { createTokenizer } from '../tokenizer/tokenizer.js';
import { fromHuggingFaceConfig, toHuggingFaceConfig } from './hugging-face-config.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Saves a model in Hugging Face form: `config.json`, `tokenizer.json`, `model.safetensors` under `folder`. */
export async function saveModelFolder(storage: Storage, folder: string, model: Model, config: DecoderConfig, tokenizer: Tokenizer): Promise<void> {
  await storage.write(`${folder}/config.json`, json(toHuggingFaceConfig(config, tokenizer.endTokens)));
  await storage.write(`${folder}/tokenizer.json`, json(tokenizer.definition));
  await storage.write(`${folder}/model.safetensors`, writeSafetensors(model.weightShapes, model.exportWeights()));
}

/** Loads a folder that {@link saveModelFolder} wrote. */
export async function loadModelFolder(storage: Storage, folder: string): Promise<BaseModel> {
  const read = async (name: string): Promise<Uint8Array> => {
    const bytes = await storage.read(`${folder}/${name}`);
    if (!bytes) throw new OrzError('ORZ_DATA_MISSING', `there is no ${name} in ${storage.location}/${folder}`, { value: folder, remedy: 'give the folder of a finished run, or a folder with config.json, tokenizer.json and model.safetensors' });
    return bytes;
  };
  const parse = (bytes: Uint8Array, name: string): unknown => {
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    } catch (cause) {
      throw new OrzError('ORZ_CHECKPOINT', `${folder}/${name} is not JSON`, { origin: folder, remedy: 'the file is damaged; use another checkpoint', cause });
    }
  };
  const { config, endTokens } = fromHuggingFaceConfig(parse(await read('config.json'), 'config.json'), `${folder}/config.json`);
  const tokenizer = createTokenizer(parse(await read('tokenizer.json'), 'tokenizer.json'), { endTokens });
  const tensors = readSafetensors(await read('model.safetensors'), `${folder}/model.safetensors`);
  return { config, tokenizer, weights: () => tensors };
}
