/** What was found on a GPU, as tables; what did not run has its reason in its row. */
import { figure } from '../measure.mjs';

/** @typedef {import('../table.mjs').Report} Report */

/**
 * One network on one device. With a `reason` there are no times.
 * @typedef {object} StepResult
 * @property {import('./shapes.mjs').Work} work
 * @property {string} label of what computed
 * @property {string} [device]
 * @property {readonly string[]} [notes] of the backend
 * @property {number} [training] seconds of a step
 * @property {number} [decoding] seconds
 * @property {string} [reason]
 */
/**
 * @typedef {{ readonly checks: number, readonly passed: number, readonly failed: readonly string[] } |
 *   { readonly reason: string }} ConformanceResult
 */

/** @param {ConformanceResult} found @returns {Report} */
export function conformanceReport(found) {
  const base = {
    name: 'gpu-conformance',
    title: 'Conformance of webgpu through Vulkan',
    columns: ['checks', 'passed', 'failed', 'not begun for lack of time'],
  };
  if ('reason' in found)
    return { ...base, rows: [['', '', '', '']], notes: [`Not tried: ${found.reason.replace(/\.$/, '')}.`] };
  const { checks, passed, failed } = found;
  return {
    ...base,
    rows: [[checks, passed, failed.length, checks - passed - failed.length].map(String)],
    notes: failed.map((failure) => `Failed: ${failure}.`),
  };
}

/**
 * @param {readonly StepResult[]} steps
 * @param {string} machine
 * @param {string | undefined} noBench why the tables of the webgpu benchmark do not follow
 * @returns {Report}
 */
export function stepReport(steps, machine, noBench) {
  const devices = new Set(steps.flatMap(({ device }) => (device === undefined ? [] : [device])));
  const notes = new Set(steps.flatMap(({ label, notes: own = [] }) => own.map((note) => `${label}: ${note}.`)));
  return {
    name: 'gpu-step',
    title: 'A training step and decoding',
    columns: ['network', 'computed by', 'step, s', 'tokens/s', 'decoding, tokens/s'],
    rows: steps.map(stepRow),
    notes: [
      'A step is forward, backward and AdamW; decoding whole calls of the sampler, or of `generate`. Weights are ' +
        'random on both sides, shapes the same.',
      ...notes,
      ...(noBench === undefined ? [] : [`No benchmark of webgpu: ${noBench.replace(/\.$/, '')}.`]),
      `Devices: ${[...devices].join('; ') || 'none'}. Machine: ${machine}.`,
    ],
  };
}

/** @param {StepResult} result @returns {string[]} */
function stepRow({ work, label, training, decoding, reason }) {
  if (training === undefined || decoding === undefined)
    return [work.label, label, `skipped: ${reason ?? 'no times'}`, '', ''];
  const tokens = work.lengths.reduce((a, b) => a + b, 0);
  return [
    work.label,
    label,
    figure(training),
    figure(tokens / training),
    figure((work.batch * work.responseLength) / decoding),
  ];
}
