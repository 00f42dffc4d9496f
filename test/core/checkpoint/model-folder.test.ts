import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectTensors, exampleBase, exampleLengths, exampleSequences, exampleTokenizerDefinition, untiedDecoder } from '../../../core/conformance/example-model.js';
import type { Backend } from '../../../core/contracts/backend.js';
import { loadModelFolder } from '../../../core/checkpoint/model-folder.js';
import { saveModelFolder } from '../../../core/checkpoint/save-model-folder.js';
import { storageFolder } from '../../../core/checkpoint/storage-folder.js';
import { createEngine, startReference } from '../engine/support.js';
import { memoryStorage } from '../train/support.js';

let backend: Backend;
beforeAll(async () => { backend = await startReference(); });
afterAll(() => backend.dispose());

async function saved(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>(), base = exampleBase(untiedDecoder);
  const engine = await createEngine(backend, {}, { base });
  await saveModelFolder(memoryStorage(files), 'policy', engine.policy, base);
  await engine.dispose();
  return files;
}

const load = (files: ReadonlyMap<string, Uint8Array>) => loadModelFolder(storageFolder(memoryStorage(new Map(files)), 'policy'));

describe('a saved model', () => {
  it('is loaded with the same architecture, tokenizer, weights and scores', async () => {
    const base = exampleBase(untiedDecoder), loaded = await load(await saved());
    expect(loaded.config).toEqual(base.config);
    expect(loaded.tokenizer.definition).toEqual(exampleTokenizerDefinition);
    expect([...loaded.tokenizer.endTokens]).toEqual([...base.tokenizer.endTokens]);
    expect(await collectTensors(loaded.weights())).toEqual(await collectTensors(base.weights()));
    expect(await collectTensors(loaded.weights()), 'a second pass').toEqual(await collectTensors(base.weights()));
    const sequences = exampleSequences(exampleLengths);
    const [a, b] = [await createEngine(backend, {}, { base }), await createEngine(backend, {}, { base: loaded })];
    expect(await b.policy.forward(sequences)).toEqual(await a.policy.forward(sequences));
    for (const engine of [a, b]) await engine.dispose();
  });

  it.each(['config.json', 'tokenizer.json'])('without its %s is refused', async (name) => {
    const files = await saved();
    files.delete(`policy/${name}`);
    await expect(load(files)).rejects.toMatchObject({ code: 'ORZ_DATA_MISSING', message: expect.stringContaining(`no ${name} in memory/policy`) });
  });

  it.each(['config.json', 'tokenizer.json'])('with a %s that is cut short is refused', async (name) => {
    const files = await saved();
    files.set(`policy/${name}`, files.get(`policy/${name}`)!.subarray(0, 40));
    await expect(load(files)).rejects.toMatchObject({ code: 'ORZ_CHECKPOINT', message: expect.stringContaining(`policy/${name} is not JSON`) });
  });

  it('whose architecture does not fit its weights is refused when an engine takes it', async () => {
    const loaded = await load(await saved());
    await expect(createEngine(backend, {}, { base: { ...loaded, config: { ...loaded.config, intermediateSize: 30 } } })).rejects.toMatchObject({ code: 'ORZ_WEIGHTS', message: expect.stringMatching(/"model.layers.0.mlp.gate_proj.weight" has shape \[29, 18\]/) });
    await expect(createEngine(backend, {}, { base: { ...loaded, config: { ...loaded.config, layers: 3 } } })).rejects.toMatchObject({ code: 'ORZ_WEIGHTS', message: expect.stringContaining('missing') });
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });
});
