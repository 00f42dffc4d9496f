import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import type { DecoderConfig } from '../nn/config.js';
import {
  cachePrefix,
  cacheTensors,
  fillGraph,
  prefillPrefix,
  relayoutGraph,
  type CacheExtents,
} from './decode-programs.js';
import { notFound } from './errors.js';
import { roundLength } from './packing.js';
import type { PrefilledBatch, PrefilledPrompt } from './prefill.js';
import { execute, outputOf, type Feed, type Outputs, type ProgramCache } from './programs.js';

/** One cache entry to fill: row `source` of prefilled keys and values goes to token `position` of `lane`. */
interface CacheEntry {
  readonly source: number;
  readonly lane: number;
  readonly position: number;
}

export interface KeyValueCacheParts {
  readonly backend: Backend;
  readonly programs: ProgramCache;
  readonly config: DecoderConfig;
}

/** Keys and values of the sequences that are decoded together, one per lane, on the device. */
export class KeyValueCache {
  private readonly buffers: Map<string, DeviceBuffer>;

  constructor(
    private readonly parts: KeyValueCacheParts,
    private current: CacheExtents,
  ) {
    this.buffers = new Map(
      cacheTensors(parts.config, current).map(({ name, shape }) => [name, parts.backend.create(shape, 'f32')]),
    );
  }

  get extents(): CacheExtents {
    return this.current;
  }

  /** The cache tensor of that name, if it is one. */
  buffer(name: string): DeviceBuffer | undefined {
    return this.buffers.get(name);
  }

  /** Takes the successors of donated caches from a program's outputs. */
  replace(outputs: Outputs): void {
    for (const name of this.buffers.keys()) this.buffers.set(name, outputOf(outputs, name));
  }

  /** Copies prefilled rows into lanes. */
  async fill(prefilled: PrefilledBatch, entries: readonly CacheEntry[]): Promise<void> {
    const { backend, programs, config } = this.parts;
    const { current } = this;
    const size = roundLength(entries.length);
    const index = new Int32Array(size).fill(-1),
      source = new Int32Array(size);
    for (const [i, e] of entries.entries()) {
      index[i] = e.lane * current.capacity + e.position;
      source[i] = e.source;
    }
    const sizes = { tokens: prefilled.tokens, entries: size };
    const key = `fill ${JSON.stringify({ ...current, ...sizes })}`;
    const program = await programs.get(key, () => fillGraph(config, current, sizes), [cachePrefix]);
    const feed = (name: string): Feed => {
      if (name === 'index') return { data: index, shape: [size] };
      if (name === 'source') return { data: source, shape: [size] };
      if (name.startsWith(prefillPrefix)) return outputOf(prefilled.buffers, name.slice(prefillPrefix.length));
      return this.required(name);
    };
    this.replace(await execute(backend, program, feed));
  }

  /** Moves to `sourceLane.length` lanes, lane s taking over lane `sourceLane[s]`, with room for `capacity` tokens. */
  async relayout(sourceLane: Int32Array, capacity: number): Promise<void> {
    const { backend, programs, config } = this.parts;
    const from = this.current,
      to = { lanes: sourceLane.length, capacity };
    const key = `relayout ${JSON.stringify([from, to])}`;
    const program = await programs.get(key, () => relayoutGraph(config, from, to), [cachePrefix]);
    const lanes = { data: sourceLane, shape: [to.lanes] };
    const outputs = await execute(backend, program, (name) => (name === 'sourceLane' ? lanes : this.required(name)));
    this.replace(outputs);
    this.current = to;
  }

  dispose(): void {
    for (const buffer of this.buffers.values()) if (buffer.alive) this.parts.backend.release(buffer);
    this.buffers.clear();
  }

  private required(name: string): DeviceBuffer {
    const buffer = this.buffers.get(name);
    if (!buffer) throw notFound('Cache tensor', name, this.buffers.keys());
    return buffer;
  }
}

/** Copies prompts into lanes, all that lie in one prefilled batch with one call. */
export class CacheFiller {
  private batch?: PrefilledBatch;
  private entries: CacheEntry[] = [];

  constructor(private readonly cache: KeyValueCache) {}

  /** Copies the first `tokens` tokens of a prompt to `lane`, at the latest with the next {@link flush}. */
  async add(prompt: PrefilledPrompt, tokens: number, lane: number): Promise<void> {
    if (prompt.batch !== this.batch) await this.flush();
    this.batch = prompt.batch;
    for (let t = 0; t < tokens; t++) this.entries.push({ source: prompt.start + t, lane, position: t });
  }

  async flush(): Promise<void> {
    if (this.batch && this.entries.length > 0) await this.cache.fill(this.batch, this.entries);
    this.entries = [];
  }
}
