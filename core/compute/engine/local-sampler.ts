import { OrzError } from '../../errors.js';
import type { Completion, SampleOptions, SampleRequest, Sampler } from '../../contracts/sampler.js';
import type { Model } from '../../contracts/model.js';
import type { StopReason, WeightVersion } from '../../contracts/data.js';
import type { Tokenizer } from '../../contracts/tokenizer.js';
import type { RandomStream } from '../../random.js';
import { createTextStream, type TextStream } from '../../tokenizer/stream.js';
import { decodeGraph } from './decode-programs.js';
import { KeyValueCache, type CacheEntry } from './key-value-cache.js';
import { LocalModel } from './local-model.js';
import { shapesOf } from './network.js';
import { roundLength } from './packing.js';
import type { Parameters } from './parameters.js';
import { Prefill, type PrefillParts, type PrefilledBatch } from './prefill.js';
import { run, take, type Feed } from './programs.js';

export interface LocalSamplerParts extends PrefillParts {
  readonly tokenizer: Tokenizer;
  readonly random: RandomStream;
  /** Sequences decoded together at most. */
  readonly maxSlots: number;
}

/** A response being written. */
interface Slot {
  readonly request: number;
  readonly sample: number;
  readonly tokens: number[];
  readonly logprobs: number[];
  readonly stream: TextStream;
  text: string;
  /** Tokens in the cache; the next one to feed is `pending`. */
  cached: number;
  pending: number;
}

/** Fewer slots than this are never merged further: one decoding program less to compile for every halving. */
const minSlots = 16;
/** A single row takes another code path in ONNX Runtime's CPU kernels, so its bits would differ from those of a batch. */
const minBatch = 2;

/**
 * Batched decoding with continuous refill on a local backend. Which slot a sample gets, what else is in the batch and in which
 * order samples end changes nothing: each draws from its own counter-based stream, and rows of a batch do not mix.
 */
export class LocalSampler implements Sampler {
  private source?: { parameters: Parameters; version: WeightVersion };

  constructor(private readonly parts: LocalSamplerParts) {}

  get version(): WeightVersion {
    return this.source?.version ?? -1;
  }

  /** The sampler shares the policy's device buffers, so this only takes note of them and their version. */
  sync(policy: Model): Promise<WeightVersion> {
    if (!(policy instanceof LocalModel))
      throw new OrzError('ORZ_CAPABILITY', 'the local sampler takes weights only from a model of the local engine');
    this.source = { parameters: policy.parameters, version: policy.version };
    return Promise.resolve(policy.version);
  }

  async sample(requests: readonly SampleRequest[], options: SampleOptions = {}): Promise<Completion[]> {
    const parameters = this.freshParameters();
    const session = new SamplingSession(this.parts, parameters, requests, options);
    try {
      return await session.run();
    } finally {
      session.dispose();
    }
  }

  private freshParameters(): Parameters {
    if (!this.source)
      throw new OrzError('ORZ_STALE_WEIGHTS', 'the sampler has no weights yet', {
        remedy: 'call sampler.sync(policy) first',
      });
    const { parameters, version } = this.source;
    if (parameters.version !== version) {
      throw new OrzError(
        'ORZ_STALE_WEIGHTS',
        `the sampler holds weight version ${version}, the policy is at ${parameters.version}`,
        {
          value: version,
          allowed: String(parameters.version),
          remedy: 'call sampler.sync(policy) after every optimizer step',
        },
      );
    }
    return parameters;
  }
}

/** One call of `sample`: slots, cache and the queue of samples not yet begun. */
class SamplingSession {
  private readonly prefill: Prefill;
  private readonly cache: KeyValueCache;
  private slots: (Slot | undefined)[];
  private readonly queue: { request: number; sample: number }[];
  private readonly completions: Completion[] = [];
  private readonly neededCapacity: number;

  constructor(
    private readonly parts: LocalSamplerParts,
    private readonly parameters: Parameters,
    private readonly requests: readonly SampleRequest[],
    private readonly options: SampleOptions,
  ) {
    this.queue = requests
      .flatMap((r, request) => Array.from({ length: r.count }, (_, sample) => ({ request, sample })))
      .reverse();
    this.neededCapacity = roundLength(
      Math.max(...requests.map((r) => r.promptTokens.length + r.settings.maxResponseTokens), 1),
    );
    for (const [i, r] of requests.entries()) this.checkRequest(r, i);
    const longest = Math.max(...requests.map((r) => r.promptTokens.length), 1);
    const capacity = Math.min(this.neededCapacity, roundLength(longest + 64));
    const slots = Math.min(slotCount(this.queue.length), Math.max(minBatch, parts.maxSlots));
    this.cache = new KeyValueCache(parts.backend, parts.programs, parts.config, slots, capacity);
    this.slots = new Array<Slot | undefined>(this.cache.slots).fill(undefined);
    this.prefill = new Prefill(parts, parameters, requests);
  }

  async run(): Promise<Completion[]> {
    for (;;) {
      this.options.signal?.throwIfAborted();
      if (this.queue.length > 0) await this.refill();
      if (!this.slots.some(Boolean)) break;
      await this.resize();
      await this.decode();
    }
    return this.completions.sort((a, b) => a.request - b.request || a.sample - b.sample);
  }

  dispose(): void {
    this.prefill.dispose();
    this.cache.dispose();
  }

  private checkRequest(r: SampleRequest, index: number): void {
    const { maxPositions, vocabSize } = this.parts.config;
    if (r.promptTokens.length === 0)
      throw new OrzError('ORZ_INTERNAL', `request ${index} has an empty prompt`, { allowed: 'at least one token' });
    if (r.promptTokens.length + r.settings.maxResponseTokens > maxPositions) {
      throw new OrzError(
        'ORZ_PROMPT_TOO_LONG',
        `request ${index}: ${r.promptTokens.length} prompt tokens and up to ${r.settings.maxResponseTokens} response tokens`,
        { allowed: `${maxPositions} positions together`, remedy: 'shorten the prompt or lower maxResponseTokens' },
      );
    }
    if (r.key.length > 2)
      throw new OrzError('ORZ_INTERNAL', `request ${index} has a random key of ${r.key.length} integers`, {
        value: r.key,
        allowed: 'at most 2',
      });
    const bad = r.promptTokens.find((id) => id < 0 || id >= vocabSize);
    if (bad !== undefined)
      throw new OrzError('ORZ_TOKENIZER', `the prompt of request ${index} has the token id ${bad}`, {
        value: bad,
        allowed: `0 … ${vocabSize - 1}`,
        remedy: 'use the tokenizer the model was made with',
      });
  }

  /** Starts queued samples in free slots; waits for an eighth of the slots to be free, since filling has a cost per call. */
  private async refill(): Promise<void> {
    const free = this.slots.flatMap((slot, i) => (slot ? [] : [i]));
    if (free.length < Math.min(this.queue.length, Math.ceil(this.slots.length / 8))) return;
    let entries: CacheEntry[] = [];
    let batch: PrefilledBatch | undefined;
    const flush = async (): Promise<void> => {
      if (batch && entries.length > 0) await this.cache.fill(batch.buffers, batch.tokens, entries);
      entries = [];
    };
    for (const index of free) {
      const next = this.queue.at(-1);
      if (!next) break;
      // A new chunk of prompts releases the last one, so what refers to that must be copied before.
      const [previous, length] = [batch, this.requests[next.request]!.promptTokens.length];
      if (length > 1 && !this.prefill.holds(next.request)) await flush();
      const prompt = await this.prefill.prompt(next.request);
      if (prompt && prompt.batch !== previous) {
        await flush();
        batch = prompt.batch;
      }
      if (prompt)
        for (let t = 0; t < length - 1; t++) entries.push({ source: prompt.start + t, slot: index, position: t });
      this.queue.pop();
      this.slots[index] = this.start(next.request, next.sample);
    }
    await flush();
  }

  private start(request: number, sample: number): Slot {
    const { promptTokens, settings } = this.requests[request]!;
    return {
      request,
      sample,
      tokens: [],
      logprobs: [],
      stream: createTextStream(this.parts.tokenizer, settings.stop),
      text: '',
      cached: promptTokens.length - 1,
      pending: promptTokens.at(-1)!,
    };
  }

  /** Makes room when a sequence reaches the capacity; gives slots back when most are done. */
  private async resize(): Promise<void> {
    const active = this.slots.flatMap((slot, i) => (slot ? [i] : []));
    const full = Math.max(...active.map((i) => this.slots[i]!.cached)) + 1 > this.cache.capacity;
    const capacity = full ? Math.min(this.neededCapacity, roundLength(this.cache.capacity * 2)) : this.cache.capacity;
    const target =
      this.queue.length > 0
        ? this.slots.length
        : Math.max(Math.min(minSlots, this.slots.length), slotCount(active.length));
    if (capacity === this.cache.capacity && target > this.slots.length / 2) return;
    const shrink = target <= this.slots.length / 2;
    const slotOf = shrink
      ? Int32Array.from({ length: target }, (_, s) => active[s] ?? 0)
      : Int32Array.from(this.slots.keys());
    await this.cache.relayout(slotOf, capacity);
    if (shrink)
      this.slots = Array.from({ length: target }, (_, s) => (s < active.length ? this.slots[active[s]!] : undefined));
  }

  private async decode(): Promise<void> {
    const { backend, config, programs } = this.parts;
    const { slots, capacity } = this.cache;
    const program = await programs.get(
      `decode ${slots}x${capacity}`,
      () => decodeGraph(config, shapesOf(this.parameters), slots, capacity),
      ['cache/'],
    );
    const feeds = this.stepFeeds();
    const outputs = await run(
      backend,
      program,
      (name) => this.cache.buffer(name) ?? feeds[name] ?? this.parameters.value(name),
    );
    this.cache.replace(outputs);
    const [tokens, logprobs] = await Promise.all([take(backend, outputs['token']), take(backend, outputs['logprob'])]);
    for (let s = 0; s < slots; s++) if (this.slots[s]) this.advance(s, tokens[s]!, logprobs[s]!);
  }

  /** One loop over the slots: at batch 256 an array made from a function for each input took a tenth of a step. */
  private stepFeeds(): Record<string, Feed> {
    const { slots, capacity } = this.cache;
    const [tokens, lengths, index, topK] = [
      new Int32Array(slots),
      new Int32Array(slots),
      new Int32Array(slots).fill(-1),
      new Int32Array(slots),
    ];
    const [uniforms, temperature, topP] = [new Float32Array(slots), new Float32Array(slots), new Float32Array(slots)];
    for (let s = 0; s < slots; s++) {
      const slot = this.slots[s];
      if (!slot) continue;
      const { settings } = this.requests[slot.request]!;
      tokens[s] = slot.pending;
      lengths[s] = slot.cached;
      index[s] = s * capacity + slot.cached;
      uniforms[s] = this.uniform(slot);
      temperature[s] = settings.temperature;
      topP[s] = settings.topP;
      topK[s] = settings.topK;
    }
    const { cos, sin } = this.parts.rotary.rows(lengths);
    const angles = [slots, this.parts.config.headDim / 2];
    const perSlot = { tokens, lengths, index, uniforms, temperature, topP, topK };
    return {
      ...Object.fromEntries(
        Object.entries(perSlot).map(([name, data]): [string, Feed] => [name, { data, shape: [slots] }]),
      ),
      cos: { data: cos, shape: angles },
      sin: { data: sin, shape: angles },
    };
  }

  /** 24 bits, which f32 holds exactly, so that the uniform never rounds up to 1. */
  private uniform(slot: Slot): number {
    const [first = 0, second = 0] = this.requests[slot.request]!.key;
    return Math.floor(this.parts.random.uniform(first, second, slot.sample, slot.tokens.length) * 2 ** 24) / 2 ** 24;
  }

  private advance(s: number, token: number, logprob: number): void {
    const slot = this.slots[s]!;
    if (!Number.isFinite(logprob)) {
      throw new OrzError(
        'ORZ_NOT_FINITE',
        `the sampler's log-probability is ${logprob} at response token ${slot.tokens.length} of request ${slot.request}, sample ${slot.sample}`,
        {
          value: logprob,
          origin: 'policy logits while sampling',
          remedy: 'the weights are damaged; go back to the last checkpoint',
        },
      );
    }
    slot.tokens.push(token);
    slot.logprobs.push(logprob);
    this.options.onToken?.(slot.request, slot.sample, token);
    const { settings } = this.requests[slot.request]!;
    const piece = slot.stream.push(token);
    slot.text += piece.text;
    const ended = settings.stopTokens.includes(token) || slot.tokens.length >= settings.maxResponseTokens;
    if (piece.stopped === undefined && !ended) {
      slot.pending = token;
      slot.cached++;
      return;
    }
    if (piece.stopped === undefined) slot.text += slot.stream.finish().text;
    this.finish(s, piece.stopped !== undefined || settings.stopTokens.includes(token) ? 'stop' : 'length');
  }

  private finish(s: number, stopReason: StopReason): void {
    const slot = this.slots[s]!;
    this.slots[s] = undefined;
    const completion: Completion = {
      request: slot.request,
      sample: slot.sample,
      stopReason,
      tokens: Int32Array.from(slot.tokens),
      logprobs: Float32Array.from(slot.logprobs),
      text: slot.text,
      weightVersion: this.parameters.version,
    };
    this.completions.push(completion);
    this.options.onDone?.(completion);
  }
}

/** The next power of two, so that few decoding programs serve all batch sizes. */
const slotCount = (n: number): number => Math.max(minBatch, 2 ** Math.ceil(Math.log2(Math.max(n, 1))));
