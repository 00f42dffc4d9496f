/**
 * One training step on one long sequence, and the most memory it takes: `node test/bench/long-sequence.mjs [tokens]`.
 * The 512-wide network has 8 blocks and a vocabulary of 4,096. Peaks are those of Linux (VmHWM), each network in a
 * process of its own, in the environment that the process of a run has.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { computingEnvironment } from '../../dist/cli/platform/computing-environment.js';
import { createPpoClip } from '../../dist/plugins/loss-ppo/plugin.js';
import { createOnnxBackend } from '../../dist/plugins/backend-onnx/start.js';
import { openEngine, trainingSequences } from './engines.mjs';
import { seconds } from './measure.mjs';
import { middle, tiny } from './networks.mjs';

const networks = { '512 wide': { ...middle, vocabSize: 4096 }, 'orz-tiny': tiny };

/** Megabytes of a line of /proc/self/status. @param {'VmRSS' | 'VmHWM'} field */
const megabytes = (field) =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;

/** @param {keyof typeof networks} name @param {number} tokens */
async function measure(name, tokens) {
  const config = { ...networks[name], maxPositions: tokens };
  const backend = await createOnnxBackend({ provider: 'cpu', threads: availableParallelism() });
  const engine = await openEngine(backend, config);
  const loaded = megabytes('VmRSS');
  const time = await seconds(async () => {
    await engine.policy.accumulate(trainingSequences(config, [tokens], 1), createPpoClip());
    await engine.policy.step({ learningRate: 1e-6, maxGradNorm: 1 });
  });
  const peak = megabytes('VmHWM');
  console.log(
    `${name}: a step on ${tokens.toLocaleString('en')} tokens in ${time.toFixed(1)} s; peak ${peak.toFixed(0)} MB, ` +
      `${(peak - loaded).toFixed(0)} MB above process and weights`,
  );
  await engine.dispose();
  await backend.dispose();
}

const [tokens = '8192', name] = process.argv.slice(2);
if (name === '512 wide' || name === 'orz-tiny') await measure(name, Number(tokens));
else
  for (const each of Object.keys(networks))
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), tokens, each], {
      env: computingEnvironment(process.env),
      stdio: 'inherit',
    });
