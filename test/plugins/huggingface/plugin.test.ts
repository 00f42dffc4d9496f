import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectTensors } from '../../../core/conformance/example-model.js';
import { createRandom } from '../../../core/random.js';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import { createFolderStorage } from '../../../cli/platform/storage.js';
import { saveModelFolder } from '../../../core/model-files/save-model-folder.js';
import type { ModelSource } from '../../../core/contracts/model-source.js';
import { createLocalEngine, localEngineSettings } from '../../../core/compute/engine/local-engine.js';
import type { DecoderConfig } from '../../../core/compute/nn/config.js';
import { decoderParameters, initialValues } from '../../../core/compute/nn/parameters.js';
import { ReferenceBackend } from '../../../plugins/backend-reference/backend.js';
import plugin from '../../../plugins/huggingface/plugin.js';
import { createAdamW } from '../../../plugins/optimizer-adamw/plugin.js';
import { createArithmeticTokenizer } from '../../../plugins/task-arithmetic/tokenizer.js';

const tokenizer = createArithmeticTokenizer();
const config: DecoderConfig = {
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 12,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headDim: 6,
  intermediateSize: 10,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  attentionBias: 'qkv',
  qkNorm: false,
  tieWordEmbeddings: true,
  maxPositions: 64,
};
const context = {
  random: createRandom(1),
  events: { phase: () => ({ progress: () => undefined, end: () => undefined }), log: () => undefined },
  signal: new AbortController().signal,
};
const source = (path: string): ModelSource =>
  plugin.provides[0].create({ path } as never, { platform: createNodePlatform('.') } as never) as ModelSource;

describe('model "huggingface" in a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orz-folder-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('gives back the weights, architecture and tokenizer that were saved', async () => {
    const weights = decoderParameters(config, 'language').map((spec, i) => ({
      name: spec.name,
      shape: spec.shape,
      data: initialValues(spec, createRandom(7).stream('w'), i),
    }));
    const engine = await createLocalEngine(localEngineSettings.parse({}), new ReferenceBackend()).create({
      base: { config, tokenizer, weights: () => weights },
      optimizer: createAdamW(),
      critic: false,
      reference: false,
      random: createRandom(1),
    });
    await saveModelFolder(createFolderStorage(folder), 'policy', engine.policy, { config, tokenizer });
    const loaded = await source(join(folder, 'policy')).load(context);
    expect(loaded.config).toEqual(config);
    expect(Array.from(loaded.tokenizer.encode('3+4=7.'))).toEqual(Array.from(tokenizer.encode('3+4=7.')));
    expect(await collectTensors(loaded.weights())).toEqual(await collectTensors(weights));
    await engine.dispose();
  });

  it('names the file that is missing', async () => {
    await expect(source(folder).load(context)).rejects.toMatchObject({
      code: 'ORZ_DATA_MISSING',
      message: expect.stringContaining('config.json') as string,
    });
  });

  it('refuses a configuration that is not JSON', async () => {
    await writeFile(join(folder, 'config.json'), '{ "model_type": ');
    await expect(source(folder).load(context)).rejects.toMatchObject({ code: 'ORZ_CHECKPOINT' });
  });
});
