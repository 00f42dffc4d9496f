import { describe, expect, it } from 'vitest';
import { collectTensors, exampleDecoder } from '../../../../core/conformance/example-model.js';
import { loadModelFolder } from '../../../../core/model-files/model-folder.js';
import { layoutInputs } from '../../../../core/compute/engine/network.js';
import { weightInputs } from '../../../../core/compute/engine/stored-weights.js';
import type { DecoderConfig, RopeScaling } from '../../../../core/compute/nn/config.js';
import { block, embed, languageHead } from '../../../../core/compute/nn/decoder.js';
import {
  decoderParameters,
  embeddingName,
  finalNormName,
  languageHeadName,
  layerPrefix,
} from '../../../../core/compute/nn/parameters.js';
import { RotaryTable } from '../../../../core/compute/nn/rotary-angles.js';
import { Graph } from '../../../../core/compute/tensor/graph.js';
import { interpret } from '../../../../core/compute/tensor/interpret.js';
import { maxDifference } from '../../../fixtures/algorithm-oracle.js';
import { fixtureFolder, policies, readRecorded, readRecordedTensors } from '../../../fixtures/checkpoints/fixtures.js';

/** As in make-checkpoints.py. */
const positions = Int32Array.of(0, 1, 2, 63, 64, 255, 1023, 4095, 8191, 8192, 32767, 65536, 100003, 131071);
const llama3 = (factor: number): RopeScaling => ({
  type: 'llama3',
  factor,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalMaxPositions: 8192,
});
const settings: Record<string, Pick<DecoderConfig, 'headDim' | 'ropeTheta' | 'ropeScaling'>> = {
  'qwen2.5-0.5b': { headDim: 64, ropeTheta: 1e6 },
  'qwen2.5-7b': { headDim: 128, ropeTheta: 1e6 },
  'llama-2-7b': { headDim: 128, ropeTheta: 1e4 },
  'llama-3-8b': { headDim: 128, ropeTheta: 5e5 },
  'llama-3.1-8b': { headDim: 128, ropeTheta: 5e5, ropeScaling: llama3(8) },
  'llama-3.2-1b': { headDim: 64, ropeTheta: 5e5, ropeScaling: llama3(32) },
};

describe('rotary angles', () => {
  it.each(Object.keys(settings))('of %s are those of transformers up to position 131,071', async (name) => {
    const recorded = await readRecordedTensors(fixtureFolder('.'), 'rotary.safetensors');
    const { cos, sin } = new RotaryTable({ ...exampleDecoder, ...settings[name]! }).rows(positions);
    expect(maxDifference(cos, recorded.get(`${name}/cos`)!)).toBeLessThan(5e-6);
    expect(maxDifference(sin, recorded.get(`${name}/sin`)!)).toBeLessThan(5e-6);
  });
});

/** Logits [N, V] of one sequence whose first token is at `position`. */
async function logitsAt(name: string, tokens: readonly number[], position: number): Promise<Float64Array> {
  const { config: c, weights } = await loadModelFolder(fixtureFolder(name));
  const g = new Graph('logits'),
    w = weightInputs(g, decoderParameters(c, 'language'));
  const layout = layoutInputs(g, c, 1, tokens.length);
  let x = embed(g.input('tokens', [tokens.length], 'i32'), w(embeddingName));
  for (let layer = 0; layer < c.layers; layer++) x = block(c, x, (local) => w(layerPrefix(layer) + local), layout).x;
  g.output('logits', languageHead(c, x, w(finalNormName), w(languageHeadName(c))));
  const rotary = new RotaryTable(c).rows(Int32Array.from(tokens, (_, i) => position + i));
  return interpret(g, {
    ...Object.fromEntries(await collectTensors(weights())),
    ...rotary,
    starts: tokens.map(() => 0),
    tokens,
  })['logits']!;
}

describe.each(policies)('the logits of %s', (name) => {
  const { tokens } = readRecorded(name).sequences[0]!;

  it.each([
    ['logits', 0],
    ['logits at 100000', 100_000],
  ] as const)('are those of transformers: %s', async (key, position) => {
    const recorded = (await readRecordedTensors(fixtureFolder(name))).get(key)!;
    expect(maxDifference(await logitsAt(name, tokens, position), recorded)).toBeLessThan(5e-5);
  });
});
