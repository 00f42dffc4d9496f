import type { Output } from './contracts.js';

/** Whether it can be redrawn: a terminal, and neither a dumb one nor the log of a CI job. */
export const isLive = (output: Output): boolean =>
  output.isTTY === true && process.env['TERM'] !== 'dumb' && process.env['CI'] === undefined;
