import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleBase } from '../../../../core/conformance/example-model.js';
import type { Backend } from '../../../../core/contracts/backend.js';
import type { BaseModel } from '../../../../core/contracts/model-source.js';
import { fromHuggingFaceConfig } from '../../../../core/model-files/hugging-face-config.js';
import { openWeights } from '../../../../core/model-files/weights.js';
import { createDiskFolder } from '../../../../cli/platform/disk-folder.js';
import { maxDifference } from '../../../fixtures/algorithm-oracle.js';
import { createEngine, startOnnx, startReference } from '../engine/support.js';

const folder = new URL('../../../../shared/data/models/stories260k/', import.meta.url);
const present = existsSync(folder);
if (!present)
  console.log('Skipped: the decoder against real weights. The folder shared/data/models/stories260k is not there.');

interface Expected {
  readonly greedy_text: string;
  readonly greedy_ids: number[];
  readonly token_logprobs: number[];
  readonly entropy: number[];
  readonly prompt_ids: number[];
  readonly logits_last: number[];
}

const read = (name: string): Buffer => readFileSync(new URL(name, folder));

/** The weights as they lie there; the texts are not needed, since the expected ids are given. */
async function loadStories(): Promise<BaseModel> {
  const { config } = fromHuggingFaceConfig(JSON.parse(read('config.json').toString('utf8')), 'config.json');
  return {
    config,
    tokenizer: exampleBase().tokenizer,
    weights: (await openWeights(createDiskFolder(fileURLToPath(folder)), config, 'language')).stream,
  };
}

/**
 * Text of ids by the model's own table: a f32 score, a length and bytes for each piece. One space after the begin token
 * is dropped.
 */
function decodeStories(ids: ArrayLike<number>): string {
  const table = read('tok512.bin'),
    pieces: Buffer[] = [];
  for (let at = 4; at < table.length;) {
    const length = table.readInt32LE(at + 4);
    pieces.push(table.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  const bytes = (id: number): Buffer => (id >= 3 && id < 259 ? Buffer.of(id - 3) : pieces[id]!);
  return Buffer.concat(Array.from(ids, bytes)).toString('utf8').replace(/^ /, '');
}

// The reference backend is slow, so it gets a part of the text.
describe.skipIf(!present).each([
  ['ONNX on the CPU', startOnnx, 200],
  ['the reference backend', startReference, 8],
] as const)('a pretrained model on %s', (_, start, tokens) => {
  let backend: Backend;
  let expected: Expected;
  beforeAll(async () => {
    expected = JSON.parse(read('expected.json').toString('utf8')) as Expected;
    backend = await start();
  });
  afterAll(() => backend.dispose());

  it('gives the log-probabilities and entropies of a float64 forward pass', async () => {
    const { policy, dispose } = await createEngine(backend, { rowTokens: 16 }, { base: await loadStories() });
    const [scores] = await policy.forward([
      { tokens: Int32Array.from(expected.greedy_ids.slice(0, tokens + 1)), promptLength: 1 },
    ]);
    // Measured 4e-6 on ONNX: float32 through five layers, and the recorded numbers have six digits.
    expect(maxDifference(scores!.logprobs!, expected.token_logprobs.slice(0, tokens))).toBeLessThan(2e-5);
    expect(maxDifference(scores!.entropy!, expected.entropy.slice(0, tokens))).toBeLessThan(2e-5);
    await dispose();
  });

  it('gives the logits of a float64 forward pass, up to the constant that a softmax drops', async () => {
    const { policy, dispose } = await createEngine(backend, { rowTokens: 16 }, { base: await loadStories() });
    const ids = Array.from(
      { length: tokens < 200 ? 24 : expected.logits_last.length },
      (_, i) => i * (tokens < 200 ? 21 : 1),
    );
    const scores = await policy.forward(
      ids.map((id) => ({
        tokens: Int32Array.of(...expected.prompt_ids, id),
        promptLength: expected.prompt_ids.length,
      })),
    );
    const total = Math.log(expected.logits_last.reduce((sum, x) => sum + Math.exp(x), 0));
    expect(
      maxDifference(
        scores.map((s) => s.logprobs![0]!),
        ids.map((id) => expected.logits_last[id]! - total),
      ),
    ).toBeLessThan(2e-5);
    await dispose();
  });

  it('writes the same story, token by token', async () => {
    const { policy, sampler, dispose } = await createEngine(backend, {}, { base: await loadStories() });
    await sampler.sync(policy);
    const settings = { temperature: 0, topP: 1, topK: 0, maxResponseTokens: tokens, stop: [], stopTokens: [] };
    const [story] = await sampler.sample([{ promptTokens: Int32Array.of(1), count: 1, key: [0], settings }]);
    expect([...story!.tokens]).toEqual(expected.greedy_ids.slice(1, tokens + 1));
    expect(expected.greedy_text.startsWith(decodeStories(story!.tokens))).toBe(true);
    if (tokens === expected.greedy_ids.length - 1) expect(decodeStories(story!.tokens)).toBe(expected.greedy_text);
    expect(maxDifference(story!.logprobs, expected.token_logprobs.slice(0, tokens))).toBeLessThan(2e-5);
    await dispose();
  });
});
