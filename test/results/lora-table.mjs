/** LoRA beside the training of all parameters, as tables for docs/results.md. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { asMarkdown } from '../bench/table.mjs';

/**
 * @typedef {object} Measured
 * @property {number} trained parameters
 * @property {number} plannedBytes at the peak
 * @property {number} peakBytes of the run process
 * @property {number} stateBytes of the optimizer state in a checkpoint
 * @property {Readonly<Record<string, number>>} seconds of each phase of the last iteration; the first one compiles
 */

/** @typedef {{ readonly memory: Readonly<Record<'moments' | 'peak', number>> }} Plan */

/** @param {string} folder of a finished run @param {Plan} plan @returns {Measured} */
export function readMeasured(folder, { memory }) {
  const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return {
    trained: memory.moments / bytesOfMoments,
    plannedBytes: memory.peak,
    peakBytes: Math.max(...lines.map((line) => line.peakMemoryBytes)),
    stateBytes: statSync(join(folder, 'checkpoints', 'final', 'optimizer', 'policy.safetensors')).size,
    seconds: lines.at(-1).seconds,
  };
}

/** Two numbers in f32 for each parameter that AdamW trains. */
const bytesOfMoments = 8;
const phases = ['sample', 'score', 'policy', 'total'];
const gigabytes = (/** @type {number} */ bytes) => `${(bytes / 1e9).toFixed(2)} GB`;

/** @param {Measured} full @param {Measured} lora @param {string} name of the second column @param {string} note */
export function loraTable(full, lora, name, note) {
  const row = (/** @type {string} */ what, /** @type {(run: Measured) => string} */ of) => [what, of(full), of(lora)];
  return asMarkdown({
    name: 'lora',
    title: 'Memory and time',
    columns: ['', 'all parameters', name],
    rows: [
      row('trained parameters', ({ trained }) => `${(trained / 1e6).toFixed(2)} M`),
      row('memory, planned', ({ plannedBytes }) => gigabytes(plannedBytes)),
      row('memory of the run process, measured at its peak', ({ peakBytes }) => gigabytes(peakBytes)),
      row('optimizer state in a checkpoint', ({ stateBytes }) => gigabytes(stateBytes)),
      ...phases.map((phase) =>
        row(`seconds per iteration, ${phase}`, ({ seconds }) => (seconds[phase] ?? 0).toFixed(1)),
      ),
    ],
    notes: [note],
  });
}
