/**
 * One part of the GPU benchmark in a process of its own, so that a lost device ends nothing but that part:
 *
 *     node part.mjs conformance ADAPTER SECONDS
 *     node part.mjs step webgpu-f32|webgpu-f16|cuda ADAPTER large|small tiny|half REPEATS
 *     node part.mjs bench ADAPTER REPEATS PYTHON
 *
 * prints its result as JSON in the last line.
 */
import { backendConformance } from '../../../dist/core/conformance/backend.js';
import { createOnnxBackend } from '../../../dist/plugins/backend-onnx/start.js';
import { createPpoClip } from '../../../dist/plugins/loss-ppo/plugin.js';
import { webgpuSettings } from '../../../dist/plugins/backend-webgpu/settings.js';
import { createWebGpuBackend } from '../../../dist/plugins/backend-webgpu/start.js';
import { openEngine, someTokens, trainingSequences } from '../engines.mjs';
import { seconds, spread } from '../measure.mjs';
import { measureWebGpu } from '../webgpu.mjs';
import { shapes } from './shapes.mjs';

/** @param {string} name @param {string} adapter */
const openBackend = (name, adapter) =>
  name === 'cuda'
    ? createOnnxBackend({ provider: 'cuda', threads: 0 })
    : createWebGpuBackend(webgpuSettings.parse({ adapter, precision: name === 'webgpu-f16' ? 'f16' : 'f32' }));

/**
 * As many checks of the backend's conformance suite as fit into the time.
 * @param {string} adapter
 * @param {number} limit seconds
 */
async function conformance(adapter, limit) {
  const checks = backendConformance(() => openBackend('webgpu-f32', adapter), { tolerance: 1e-5 });
  const end = performance.now() + limit * 1000;
  const failed = [];
  let passed = 0;
  for (const { title, run } of checks) {
    if (performance.now() > end) break;
    try {
      await run();
      passed++;
    } catch (error) {
      failed.push(`${title}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { checks: checks.length, passed, failed };
}

/** @typedef {{ readonly backend: string, readonly adapter: string, readonly repeats: number }} Device */

/**
 * A training step with its optimizer, and decoding.
 * @param {Device} device
 * @param {import('./shapes.mjs').Work} work
 */
async function step({ backend: name, adapter, repeats }, work) {
  const { config, lengths, batch, promptLength, responseLength } = work;
  const backend = await openBackend(name, adapter);
  const engine = await openEngine(backend, config);
  const sequences = trainingSequences(config, lengths, promptLength);
  const loss = createPpoClip();
  const settings = { temperature: 1, topP: 1, topK: 0, maxResponseTokens: responseLength, stop: [], stopTokens: [] };
  const train = async () => {
    await engine.policy.accumulate(sequences, loss);
    await engine.policy.step({ learningRate: 1e-6, maxGradNorm: 1 });
  };
  const decode = () =>
    engine.sampler.sample([
      { promptTokens: someTokens(promptLength, config.vocabSize, 0), count: batch, settings, key: [0] },
    ]);
  const training = await median(repeats, train);
  await engine.sampler.sync(engine.policy);
  const decoding = await median(repeats, decode);
  const { device, notes } = backend.info;
  await engine.dispose();
  await backend.dispose();
  return { device, notes, training, decoding };
}

/**
 * Seconds of the middle one, after one that is not counted.
 * @param {number} repeats
 * @param {() => Promise<unknown>} work
 */
async function median(repeats, work) {
  await work();
  const times = [];
  for (let i = 0; i < repeats; i++) times.push(await seconds(work));
  return spread(times).median;
}

const [part, ...rest] = process.argv.slice(2);
let result;
try {
  if (part === 'conformance') result = await conformance(rest[0] ?? '', Number(rest[1]));
  else if (part === 'bench') {
    const [adapter = '', repeats, python = ''] = rest;
    const say = (/** @type {string} */ line) => console.error(line);
    result = { reports: await measureWebGpu({ adapter, repeats: Number(repeats), python, say }) };
  } else {
    const [backend = '', adapter = '', size, network, repeats] = rest;
    const work = shapes[size === 'large' ? 'large' : 'small'][network === 'half' ? 'half' : 'tiny'];
    result = await step({ backend, adapter, repeats: Number(repeats) }, work);
  }
} catch (error) {
  result = { reason: error instanceof Error ? error.message : String(error) };
}
console.log(`\n${JSON.stringify(result)}`);
process.exit();
