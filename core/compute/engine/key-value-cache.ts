import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import type { DecoderConfig } from '../nn/config.js';
import { cacheShapes, fillGraph, relayoutGraph } from './decode-programs.js';
import { roundLength } from './packing.js';
import { run, type ProgramCache } from './programs.js';

/** One cache entry to fill: row `source` of prefilled keys and values goes to token `position` of `slot`. */
export interface CacheEntry {
  readonly source: number;
  readonly slot: number;
  readonly position: number;
}

/** Keys and values of `slots` sequences, up to `capacity` tokens each, on the device. */
export class KeyValueCache {
  private buffers = new Map<string, DeviceBuffer>();

  constructor(
    private readonly backend: Backend,
    private readonly programs: ProgramCache,
    private readonly config: DecoderConfig,
    public slots: number,
    public capacity: number,
  ) {
    for (const [name, shape] of cacheShapes(config, slots, capacity))
      this.buffers.set(name, backend.create(shape, 'f32'));
  }

  buffer(name: string): DeviceBuffer | undefined {
    return this.buffers.get(name);
  }

  /** Takes the successors of donated caches from a program's outputs. */
  replace(outputs: Readonly<Record<string, DeviceBuffer>>): void {
    for (const name of this.buffers.keys()) this.buffers.set(name, outputs[name]!);
  }

  /** Copies prefilled rows (`prefill` holds one buffer [tokens, kvHeads · h] per cache name) into slots. */
  async fill(
    prefill: Readonly<Record<string, DeviceBuffer>>,
    tokens: number,
    entries: readonly CacheEntry[],
  ): Promise<void> {
    const size = roundLength(entries.length);
    const index = new Int32Array(size).fill(-1),
      source = new Int32Array(size);
    entries.forEach((e, i) => {
      index[i] = e.slot * this.capacity + e.position;
      source[i] = e.source;
    });
    const shape = { slots: this.slots, capacity: this.capacity, tokens, entries: size };
    const program = await this.programs.get(`fill ${JSON.stringify(shape)}`, () => fillGraph(this.config, shape), [
      'cache/',
    ]);
    this.replace(
      await run(this.backend, program, (name) =>
        name === 'index'
          ? { data: index, shape: [size] }
          : name === 'source'
            ? { data: source, shape: [size] }
            : name.startsWith('prefill/')
              ? prefill[name.slice('prefill/'.length)]!
              : this.buffers.get(name)!,
      ),
    );
  }

  /** Moves to `slotOf.length` slots, new slot s taking over old slot `slotOf[s]`, with room for `capacity` tokens. */
  async relayout(slotOf: Int32Array, capacity: number): Promise<void> {
    const from = { slots: this.slots, capacity: this.capacity },
      to = { slots: slotOf.length, capacity };
    const program = await this.programs.get(
      `relayout ${JSON.stringify([from, to])}`,
      () => relayoutGraph(this.config, from, to),
      ['cache/'],
    );
    this.replace(
      await run(this.backend, program, (name) =>
        name === 'slotOf' ? { data: slotOf, shape: [slotOf.length] } : this.buffers.get(name)!,
      ),
    );
    [this.slots, this.capacity] = [to.slots, to.capacity];
  }

  dispose(): void {
    for (const buffer of this.buffers.values()) if (buffer.alive) this.backend.release(buffer);
    this.buffers.clear();
  }
}
