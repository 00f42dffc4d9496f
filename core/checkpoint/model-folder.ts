import { OrzError } from '../errors.js';
import type { Model } from '../contracts/model.js';
import type { BaseModel } from '../contracts/model-source.js';
import type { Storage } from '../contracts/platform.js';
import type { Tokenizer } from '../contracts/tokenizer.js';
import type { DecoderConfig } from '../nn/config.js';
import { createTokenizer } from '../tokenizer/tokenizer.js';
import { fromHuggingFaceConfig, toHuggingFaceConfig } from './hugging-face-config.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

const toText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Saves a model in Hugging Face form: `config.json`, `tokenizer.json`, `model.safetensors` under `folder`. */
export async function saveModelFolder(storage: Storage, folder: string, model: Model, config: DecoderConfig, tokenizer: Tokenizer): Promise<void> {
  await storage.write(`${folder}/config.json`, toText(toHuggingFaceConfig(config, tokenizer.endTokens)));
  await storage.write(`${folder}/tokenizer.json`, toText(tokenizer.definition));
  await storage.write(`${folder}/model.safetensors`, writeSafetensors(model.weightShapes, model.exportWeights()));
}

/** Loads a folder that {@link saveModelFolder} wrote; `read` gives the content of a file in it, `origin` names the folder. */
export async function loadModelFolder(read: (name: string) => Promise<Uint8Array | undefined>, origin: string): Promise<BaseModel> {
  const content = async (name: string): Promise<Uint8Array> => {
    const bytes = await read(name);
    if (!bytes) throw new OrzError('ORZ_DATA_MISSING', `there is no ${name} in ${origin}`, { value: origin, remedy: 'give a folder with config.json, tokenizer.json and model.safetensors, such as checkpoints/final/policy of a run' });
    return bytes;
  };
  const json = async (name: string): Promise<unknown> => {
    try {
      return JSON.parse(new TextDecoder().decode(await content(name))) as unknown;
    } catch (cause) {
      if (cause instanceof OrzError) throw cause;
      throw new OrzError('ORZ_CHECKPOINT', `${origin}/${name} is not JSON`, { origin, remedy: 'the file is damaged; use another checkpoint', cause });
    }
  };
  const { config, endTokens } = fromHuggingFaceConfig(await json('config.json'), `${origin}/config.json`);
  const tokenizer = createTokenizer(await json('tokenizer.json'), { endTokens, origin: `${origin}/tokenizer.json` });
  const tensors = readSafetensors(await content('model.safetensors'), `${origin}/model.safetensors`);
  return { config, tokenizer, weights: () => tensors };
}
