import type { RunConfig } from '../../../core/config/schema.js';
import type { Loss } from '../../../core/contracts/loss.js';
import type { Model, TrainingSequence } from '../../../core/contracts/model.js';
import type { Lengths } from '../../../core/plan/time.js';

/** Seconds of the passes of one model. */
export interface ModelTimes {
  /** Sequences of each pass. */
  readonly sequences: number;
  readonly lengths: Lengths;
  readonly forward: number;
  readonly gradients: number;
  readonly step: number;
  /** What the first pass of each kind took beyond the second one. */
  readonly compile: number;
}

interface ModelRequest {
  readonly batch: readonly TrainingSequence[];
  readonly config: RunConfig;
}

/** Times each kind of pass twice, since the first one compiles. */
export async function timeModel(model: Model, loss: Loss, { batch, config }: ModelRequest): Promise<ModelTimes> {
  const { temperature, maxGradNorm } = config;
  const passes = [
    () => model.forward(batch, { temperature }),
    () => model.accumulate(batch, loss, { temperature }),
    () => model.step({ learningRate: 0, maxGradNorm }),
  ];
  const first = await timed(passes);
  const [forward = 0, gradients = 0, step = 0] = await timed(passes);
  const compile = first.reduce((sum, seconds) => sum + seconds, 0) - forward - gradients - step;
  return {
    sequences: batch.length,
    lengths: meanLengths(batch),
    forward,
    gradients,
    step,
    compile: Math.max(0, compile),
  };
}

/** Seconds of each, one after the other. */
async function timed(passes: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const seconds: number[] = [];
  for (const pass of passes) {
    const started = performance.now();
    await pass();
    seconds.push((performance.now() - started) / 1000);
  }
  return seconds;
}

function meanLengths(batch: readonly TrainingSequence[]): Lengths {
  const mean = (length: (sequence: TrainingSequence) => number): number =>
    batch.reduce((sum, sequence) => sum + length(sequence), 0) / batch.length;
  const promptTokens = mean(({ promptLength }) => promptLength);
  return { promptTokens, responseTokens: mean(({ tokens }) => tokens.length) - promptTokens };
}
