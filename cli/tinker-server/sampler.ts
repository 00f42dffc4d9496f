import { setTimeout } from 'node:timers/promises';
import { elementAt } from '../../core/arrays.js';
import { ContinuousBatch } from '../../core/compute/engine/continuous-batch.js';
import type { LocalModels } from '../../core/compute/engine/local-engine.js';
import type { LocalModel } from '../../core/compute/engine/local-model.js';
import type { Completion, SamplingSettings } from '../../core/contracts/sampler.js';
import { createRandom, type RandomStream } from '../../core/random.js';
import type { SampleOutput } from '../../core/tinker/protobuf.js';
import type { DeviceQueue } from './device-queue.js';
import type { SamplingWeights } from './weights.js';

/** One prompt, sampled `count` times. */
export interface SampleJob {
  readonly prompt: Int32Array;
  readonly count: number;
  readonly settings: SamplingSettings;
  /** Sample i draws from the stream of the seed under (...key, i, position). */
  readonly seed: number;
  readonly key: readonly number[];
  readonly wantsPromptLogprobs: boolean;
}

interface Waiting {
  readonly job: SampleJob;
  resolve(output: SampleOutput): void;
  reject(reason: unknown): void;
}

/** Milliseconds without a new job after which a batch is taken to be complete, and the most to wait for that. */
const quietMs = 10;
const maxWaitMs = 250;
/** Jobs of a batch. */
const maxBatch = 16_384;

/** Samples: all jobs with the same weights that have come when the device is free go into one batch. */
export class Sampler {
  private readonly batches = new Map<SamplingWeights, Waiting[]>();
  private count = 0;

  constructor(
    private readonly models: LocalModels,
    private readonly device: DeviceQueue,
  ) {}

  /** Samples that wait or are being drawn. */
  get pending(): number {
    return this.count;
  }

  async sample(weights: SamplingWeights, job: SampleJob): Promise<SampleOutput> {
    this.count += job.count;
    try {
      return await new Promise<SampleOutput>((resolve, reject) => {
        const batch = this.batches.get(weights);
        const waiting = { job, resolve, reject };
        if (batch === undefined || batch.length >= maxBatch) this.begin(weights, waiting);
        else batch.push(waiting);
      });
    } finally {
      this.count -= job.count;
    }
  }

  private begin(weights: SamplingWeights, first: Waiting): void {
    const batch = [first];
    this.batches.set(weights, batch);
    this.device
      .run(async () => {
        await gathered(batch);
        this.end(weights, batch);
        await this.draw(await weights.open(), batch);
      })
      .catch((error: unknown) => {
        this.end(weights, batch);
        for (const waiting of batch) waiting.reject(error);
      });
  }

  /** No further jobs join the batch. */
  private end(weights: SamplingWeights, batch: Waiting[]): void {
    if (this.batches.get(weights) === batch) this.batches.delete(weights);
  }

  /** Jobs that fail together are tried one by one, so that none fails for another. */
  private async draw(model: LocalModel, batch: readonly Waiting[]): Promise<void> {
    const open = new Set(batch);
    try {
      await this.drawAll(model, batch, (waiting) => open.delete(waiting));
    } catch (error) {
      this.device.signal.throwIfAborted();
      for (const waiting of open)
        if (batch.length === 1) waiting.reject(error);
        else await this.draw(model, [waiting]);
    }
  }

  private async drawAll(model: LocalModel, batch: readonly Waiting[], onDone: (waiting: Waiting) => void) {
    const scores = await this.promptLogprobs(model, batch);
    const completions = batch.map((): Completion[] => []);
    const finish = (completion: Completion): void => {
      const waiting = elementAt(batch, completion.request);
      const own = elementAt(completions, completion.request);
      own.push(completion);
      if (own.length < waiting.job.count) return;
      onDone(waiting);
      waiting.resolve(outputOf(own, scores.get(waiting)));
    };
    const { signal } = this.device;
    const requests = batch.map(({ job }, i) => ({
      promptTokens: job.prompt,
      count: job.count,
      settings: job.settings,
      key: [i],
    }));
    const parts = this.models.samplingParts(randomOf(batch.map(({ job }) => job)));
    const decoding = new ContinuousBatch(parts, model.parameters, requests, { signal, onDone: finish });
    try {
      await decoding.complete();
    } finally {
      decoding.dispose();
    }
  }

  /** NaN for the first token of each prompt. */
  private async promptLogprobs(
    model: LocalModel,
    batch: readonly Waiting[],
  ): Promise<ReadonlyMap<Waiting, Float32Array>> {
    const wanted = batch.filter(({ job }) => job.wantsPromptLogprobs);
    const scored = wanted.filter(({ job }) => job.prompt.length > 1);
    const sequences = scored.map(({ job }) => ({ tokens: job.prompt, promptLength: 1 }));
    const results = scored.length === 0 ? [] : await model.forward(sequences, { signal: this.device.signal });
    const found = new Map(wanted.map((waiting) => [waiting, Float32Array.of(NaN)]));
    for (const [i, waiting] of scored.entries()) {
      const logprobs = new Float32Array(waiting.job.prompt.length).fill(NaN);
      logprobs.set(elementAt(results, i).logprobs ?? [], 1);
      found.set(waiting, logprobs);
    }
    return found;
  }
}

/** Resolves when no job has come for a moment: clients send theirs at once, but one by one. */
async function gathered(batch: readonly unknown[]): Promise<void> {
  const end = performance.now() + maxWaitMs;
  for (let count = 0; count < batch.length && performance.now() < end;) {
    count = batch.length;
    await setTimeout(quietMs);
  }
}

/** Requests of a batch have the index of their job as key; it leads to the job's own stream and key. */
function randomOf(jobs: readonly SampleJob[]): Pick<RandomStream, 'uniform'> {
  const streams = jobs.map(({ seed }) => createRandom(seed).stream('sampler'));
  return {
    uniform: (job = 0, _ = 0, ...rest) => {
      const [first = 0, second = 0] = elementAt(jobs, job).key;
      return elementAt(streams, job).uniform(first, second, ...rest);
    },
  };
}

function outputOf(completions: readonly Completion[], promptLogprobs: Float32Array | undefined): SampleOutput {
  const sequences = completions
    .toSorted((a, b) => a.sample - b.sample)
    .map(({ stopReason, tokens, logprobs }) => ({ stopReason, tokens, logprobs }));
  return { sequences, ...(promptLogprobs && { promptLogprobs }) };
}
