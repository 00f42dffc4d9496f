/**
 * One point of a growth curve in a process of its own, so that its peak memory is that of the point:
 *
 *     node point.mjs AXIS VALUE
 *
 * prints {"rate": a second, "bytes": peak above what the process took before} as its last line.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPpoClip } from '../../../dist/plugins/loss-ppo/plugin.js';
import { openEngine, someTokens, trainingSequences } from '../engines.mjs';
import { openMachine } from '../machine.mjs';
import { seconds, spread } from '../measure.mjs';
import { batchNetwork, batchShape, lengthNetwork, lengthTokens, widthLengths, widthNetwork } from './axes.mjs';
import { writeProblems } from './problems.mjs';

/** What is repeated takes at least so many seconds in all; what takes longer is measured once. */
const enough = 3;

/**
 * Units per second, and bytes of the peak above those before `work`. It is done once before it is timed, unless that
 * alone took long enough to be the measurement.
 * @param {number} units
 * @param {() => Promise<unknown>} work
 */
async function measured(units, work) {
  const before = process.memoryUsage().rss;
  const first = await seconds(work);
  const times = first >= 2 * enough ? [first] : [];
  for (let spent = 0; spent < enough && first < 2 * enough; spent += times.at(-1) ?? 0) times.push(await seconds(work));
  return {
    rate: units / spread(times).median,
    bytes: Math.max(0, process.resourceUsage().maxRSS * 1024 - before),
  };
}

/** @param {import('../networks.mjs').DecoderConfig} config @param {readonly number[]} lengths */
async function trainingPoint(config, lengths) {
  const machine = await openMachine(1);
  const engine = await openEngine(machine.backend, config);
  const sequences = trainingSequences(config, lengths, 1);
  const loss = createPpoClip();
  return measured(
    lengths.reduce((a, b) => a + b, 0),
    () => engine.policy.accumulate(sequences, loss),
  );
}

/** @type {Record<string, (value: number) => Promise<{ rate: number, bytes: number }>>} */
const points = {
  length: (length) =>
    trainingPoint(
      lengthNetwork,
      Array.from({ length: Math.max(1, lengthTokens / length) }, () => length),
    ),
  width: (width) => trainingPoint(widthNetwork(width), widthLengths),
  async batch(batch) {
    const machine = await openMachine(1);
    const { sampler, policy } = await openEngine(machine.backend, batchNetwork);
    await sampler.sync(policy);
    const { promptLength, responseLength } = batchShape;
    const settings = { temperature: 1, topP: 1, topK: 0, maxResponseTokens: responseLength, stop: [], stopTokens: [] };
    const count = Math.min(batch, 16);
    const requests = Array.from({ length: batch / count }, (_, r) => ({
      promptTokens: someTokens(promptLength, batchNetwork.vocabSize, r),
      count,
      settings,
      key: [r],
    }));
    return measured(batch * responseLength, () => sampler.sample(requests));
  },
  async problems(count) {
    const { reportData } = await import('../../../dist/cli/commands/data.js');
    const folder = mkdtempSync(join(tmpdir(), 'orz-growth-'));
    const [train, heldOut] = [join(folder, 'train.json'), join(folder, 'held-out.json')];
    writeFileSync(train, writeProblems(0, count));
    writeFileSync(heldOut, writeProblems(count, 500));
    const model = fileURLToPath(new URL('../../fixtures/checkpoints/qwen2-tied', import.meta.url));
    const set = [
      `data.train=${JSON.stringify([train])}`,
      `data.evaluation.math500=${heldOut}`,
      'data.evaluation.gpqa_diamond=null',
      'data.evaluation.aime2024=null',
      `model.path=${model}`,
    ];
    const before = process.memoryUsage().rss;
    // The command as a user gives it: the start of its threads is part of it.
    const took = await seconds(() => reportData({ preset: ['orz-0.5b'], set, json: true }));
    rmSync(folder, { recursive: true });
    return { rate: count / took, bytes: process.resourceUsage().maxRSS * 1024 - before };
  },
};

const [axis = '', value = ''] = process.argv.slice(2);
const point = points[axis];
if (!point) throw new Error(`no axis ${axis}`);
console.log(`\n${JSON.stringify(await point(Number(value)))}`);
process.exit();
