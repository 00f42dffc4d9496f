/**
 * One iteration of a large run on a tiny model, in a process of its own so that its memory is known:
 *
 *     node test/bench/remote-client.mjs FOLDER RESPONSES TOKENS [URL]
 *
 * FOLDER is the model; with URL the engine is at `orz-train serve`, without it in this process. Prints JSON.
 */
import { loadModelFolder } from '../../dist/core/model-files/model-folder.js';
import { createLocalEngine, localEngineSettings } from '../../dist/core/compute/engine/local-engine.js';
import { createRandom } from '../../dist/core/random.js';
import { createDiskFolder } from '../../dist/cli/platform/disk-folder.js';
import { createOnnxBackend } from '../../dist/plugins/backend-onnx/start.js';
import { createTinkerEngine } from '../../dist/plugins/engine-tinker/engine.js';
import { tinkerSettings } from '../../dist/plugins/engine-tinker/settings.js';
import { createPpoClip } from '../../dist/plugins/loss-ppo/plugin.js';
import { createValueLoss } from '../../dist/plugins/loss-value/plugin.js';
import { createAdamW } from '../../dist/plugins/optimizer-adamw/plugin.js';
import { someTokens } from './engines.mjs';
import { seconds } from './measure.mjs';

/** @typedef {import('../../dist/core/contracts/engine.js').Engine} Engine */
/** @typedef {import('../../dist/core/contracts/model.js').TrainingSequence} TrainingSequence */

const [folder = '', responses = '64', tokens = '200', url] = process.argv.slice(2);
const promptTokens = 16;
const samples = 64;

const base = await loadModelFolder(createDiskFolder(folder), 'language');
const backend = url === undefined ? await createOnnxBackend({ provider: 'cpu', threads: 0 }) : undefined;
const factory = backend
  ? createLocalEngine(localEngineSettings.parse({}), backend)
  : createTinkerEngine(tinkerSettings.parse({ url }), undefined);
const engine = await factory.create({
  base,
  optimizer: createAdamW(),
  critic: true,
  reference: false,
  random: createRandom(1),
});
const [policy, critic] = [engine.policy, /** @type {Engine['policy']} */ (engine.critic)];
// Programs are compiled, models made and connections opened before anything counts.
await iteration(128);
engine.costs?.();
const before = process.cpuUsage();
const spent = await iteration(Number(responses));
const { user, system } = process.cpuUsage(before);
const figures = {
  spent,
  processorSeconds: (user + system) / 1e6,
  peakBytes: process.resourceUsage().maxRSS * 1024,
  costs: engine.costs?.(),
};
await engine.dispose();
await backend?.dispose();
console.log(JSON.stringify(figures));

/** Seconds by phase. @param {number} count responses */
async function iteration(count) {
  await engine.sampler.sync(policy);
  /** @type {import('../../dist/core/contracts/sampler.js').Completion[]} */
  let completions = [];
  const requests = Array.from({ length: Math.ceil(count / samples) }, (_, p) => ({
    promptTokens: someTokens(promptTokens, base.config.vocabSize, p),
    count: Math.min(samples, count),
    key: [count, p],
    settings: { temperature: 1, topP: 1, topK: 0, maxResponseTokens: Number(tokens), stop: [], stopTokens: [] },
  }));
  const sample = await seconds(async () => {
    completions = await engine.sampler.sample(requests);
  });
  const weight = 1 / completions.reduce((n, { tokens: { length } }) => n + length, 0);
  const sequences = completions.map((completion) => sequenceOf(requests, completion, weight));
  const score = await seconds(async () => {
    await policy.forward(sequences);
    await critic.forward(sequences);
  });
  const update = await seconds(async () => {
    await critic.accumulate(sequences, createValueLoss());
    await critic.step({ learningRate: 1e-3, maxGradNorm: 1 });
    await policy.accumulate(sequences, createPpoClip());
    await policy.step({ learningRate: 1e-3, maxGradNorm: 1 });
  });
  return { sample, score, update, tokens: Math.round(1 / weight) };
}

/**
 * @param {readonly { readonly promptTokens: Int32Array }[]} requests
 * @param {import('../../dist/core/contracts/sampler.js').Completion} completion
 * @param {number} weight
 * @returns {TrainingSequence}
 */
function sequenceOf(requests, { request, tokens: response, logprobs }, weight) {
  const prompt = requests[request]?.promptTokens ?? new Int32Array();
  const filled = (/** @type {number} */ value) => new Float32Array(response.length).fill(value);
  return {
    tokens: Int32Array.of(...prompt, ...response),
    promptLength: prompt.length,
    weights: filled(weight),
    inputs: { oldLogprobs: logprobs, advantages: filled(1), oldValues: filled(0), returns: filled(1) },
  };
}
