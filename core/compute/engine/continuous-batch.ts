import { elementAt } from '../../arrays.js';
import type { StopReason } from '../../contracts/data.js';
import type { Completion, SampleOptions, SampleRequest } from '../../contracts/sampler.js';
import type { Tokenizer } from '../../contracts/tokenizer.js';
import type { RandomStream } from '../../random.js';
import { cachePrefix, decodeGraph } from './decode-programs.js';
import { CacheFiller, KeyValueCache } from './key-value-cache.js';
import { Lane, type SampleId } from './lane.js';
import { roundLength } from './packing.js';
import type { Parameters } from './parameters.js';
import { Prefill, type PrefillParts } from './prefill.js';
import { execute, takeFloats, takeOutput, type Feed } from './programs.js';
import { storageKey } from './stored-weights.js';

export interface ContinuousBatchParts extends PrefillParts {
  readonly tokenizer: Tokenizer;
  readonly random: Pick<RandomStream, 'uniform'>;
  /** Maximum number of sequences decoded together. */
  readonly maxLanes: number;
}

/** A batch is not shrunk below this many lanes: one decoding program less to compile for every halving. */
const minShrunkLanes = 16;
/** A single row takes another code path in ONNX Runtime's CPU kernels, so its bits would differ from a batch's. */
const minLanes = 2;
/** The cache has room for this many response tokens at first, and grows when a sequence needs more. */
const firstResponseTokens = 64;

/** The samples of one call, decoded together: lanes, their cache, and the queue of samples not yet begun. */
export class ContinuousBatch {
  private readonly prefill: Prefill;
  private readonly cache: KeyValueCache;
  private lanes: (Lane | undefined)[];
  /** In reverse: the next sample is the last. */
  private readonly queue: SampleId[];
  private readonly completions: Completion[] = [];
  /** Capacity that the longest possible sequence needs. */
  private readonly maxCapacity: number;

  constructor(
    private readonly parts: ContinuousBatchParts,
    private readonly parameters: Parameters,
    private readonly requests: readonly SampleRequest[],
    private readonly options: SampleOptions,
  ) {
    this.queue = requests
      .flatMap((r, request) => Array.from({ length: r.count }, (_, sample) => ({ request, sample })))
      .reverse();
    const longestPrompt = Math.max(...requests.map((r) => r.promptTokens.length), 1);
    const longest = Math.max(...requests.map((r) => r.promptTokens.length + r.settings.maxResponseTokens), 1);
    this.maxCapacity = roundLength(longest);
    const capacity = Math.min(this.maxCapacity, roundLength(longestPrompt + firstResponseTokens));
    const lanes = Math.min(laneCount(this.queue.length), Math.max(minLanes, parts.maxLanes));
    this.cache = new KeyValueCache(parts, { lanes, capacity });
    this.lanes = new Array<Lane | undefined>(lanes).fill(undefined);
    this.prefill = new Prefill(parts, parameters, requests);
  }

  /** Decodes until every sample is complete; the completions are in order of request, then sample. */
  async complete(): Promise<Completion[]> {
    for (;;) {
      this.options.signal?.throwIfAborted();
      if (this.queue.length > 0) await this.refill();
      if (!this.lanes.some(Boolean)) break;
      await this.resize();
      await this.decode();
    }
    return this.completions.sort((a, b) => a.request - b.request || a.sample - b.sample);
  }

  dispose(): void {
    this.prefill.dispose();
    this.cache.dispose();
  }

  /** Begins queued samples in free lanes, once an eighth of the lanes is free, since each call of this has a cost. */
  private async refill(): Promise<void> {
    const free = this.lanes.flatMap((lane, i) => (lane ? [] : [i]));
    if (free.length < Math.min(this.queue.length, Math.ceil(this.lanes.length / 8))) return;
    const filler = new CacheFiller(this.cache);
    for (const lane of free) {
      const next = this.queue.at(-1);
      if (!next) break;
      const request = elementAt(this.requests, next.request);
      const prefilled = request.promptTokens.length - 1;
      // A new chunk of prompts releases the last one, so what refers to that must be copied before.
      if (prefilled > 0 && !this.prefill.has(next.request)) await filler.flush();
      const prompt = await this.prefill.prompt(next.request);
      if (prompt) await filler.add(prompt, prefilled, lane);
      this.queue.pop();
      this.lanes[lane] = new Lane(next, request, this.parts.tokenizer);
    }
    await filler.flush();
  }

  /** Makes room when a sequence reaches the capacity; gives lanes up when most are done. */
  private async resize(): Promise<void> {
    const active = this.lanes.flatMap((lane, index) => (lane ? [{ lane, index }] : []));
    const { capacity } = this.cache.extents;
    const full = Math.max(...active.map(({ lane }) => lane.cached)) + 1 > capacity;
    const wantedCapacity = full ? Math.min(this.maxCapacity, roundLength(capacity * 2)) : capacity;
    const wantedLanes = this.lanesFor(active.length);
    const shrink = wantedLanes <= this.lanes.length / 2;
    if (wantedCapacity === capacity && !shrink) return;
    if (!shrink) {
      await this.cache.relayout(Int32Array.from(this.lanes.keys()), wantedCapacity);
      return;
    }
    const sources = Int32Array.from({ length: wantedLanes }, (_, s) => active[s]?.index ?? 0);
    await this.cache.relayout(sources, wantedCapacity);
    this.lanes = Array.from({ length: wantedLanes }, (_, s) => active[s]?.lane);
  }

  /** The number of lanes that so many samples in progress need; all of them while others wait. */
  private lanesFor(active: number): number {
    if (this.queue.length > 0) return this.lanes.length;
    return Math.max(Math.min(minShrunkLanes, this.lanes.length), laneCount(active));
  }

  private async decode(): Promise<void> {
    const { backend, config, programs } = this.parts;
    const { extents } = this.cache,
      { specs } = this.parameters;
    const program = await programs.get(
      `decode ${extents.lanes}x${extents.capacity}, ${storageKey(specs)}`,
      () => decodeGraph(config, specs, extents),
      [cachePrefix],
    );
    const feeds = this.stepFeeds();
    const outputs = await execute(
      backend,
      program,
      (name) => this.cache.buffer(name) ?? feeds[name] ?? this.parameters.value(name),
    );
    this.cache.replace(outputs);
    const [tokens, logprobs] = await Promise.all([
      takeOutput(backend, outputs, 'token'),
      takeFloats(backend, outputs, 'logprob'),
    ]);
    for (const [s, lane] of this.lanes.entries())
      if (lane) this.advance(s, lane, { token: elementAt(tokens, s), logprob: elementAt(logprobs, s) });
  }

  /** One loop over the lanes: at batch 256 an array made from a function for each input took a tenth of a step. */
  private stepFeeds(): Record<string, Feed> {
    const { lanes, capacity } = this.cache.extents;
    const integers = (): Int32Array => new Int32Array(lanes);
    const floats = (): Float32Array => new Float32Array(lanes);
    const tokens = integers(),
      lengths = integers(),
      index = integers().fill(-1),
      topK = integers();
    const uniforms = floats(),
      temperature = floats(),
      topP = floats();
    for (const [s, lane] of this.lanes.entries()) {
      if (!lane) continue;
      tokens[s] = lane.pending;
      lengths[s] = lane.cached;
      index[s] = s * capacity + lane.cached;
      uniforms[s] = lane.uniform(this.parts.random);
      temperature[s] = lane.settings.temperature;
      topP[s] = lane.settings.topP;
      topK[s] = lane.settings.topK;
    }
    const perLane = Object.entries({ tokens, lengths, index, uniforms, temperature, topP, topK });
    const { cos, sin } = this.parts.rotary.rows(lengths);
    const angles = [lanes, this.parts.config.headDim / 2];
    return {
      ...Object.fromEntries(perLane.map(([name, data]): [string, Feed] => [name, { data, shape: [lanes] }])),
      cos: { data: cos, shape: angles },
      sin: { data: sin, shape: angles },
    };
  }

  private advance(index: number, lane: Lane, drawn: { readonly token: number; readonly logprob: number }): void {
    const stopReason = lane.push(drawn.token, drawn.logprob);
    this.options.onToken?.(lane.id.request, lane.id.sample, drawn.token);
    if (stopReason) this.finish(index, lane, stopReason);
  }

  private finish(index: number, lane: Lane, stopReason: StopReason): void {
    this.lanes[index] = undefined;
    const completion = lane.completion(stopReason, this.parameters.version);
    this.completions.push(completion);
    this.options.onDone?.(completion);
  }
}

/** The next power of two, so that few decoding programs serve all batch sizes. */
const laneCount = (n: number): number => Math.max(minLanes, 2 ** Math.ceil(Math.log2(Math.max(n, 1))));
