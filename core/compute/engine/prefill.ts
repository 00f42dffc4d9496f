import type { Backend, DeviceBuffer } from '../../contracts/backend.js';
import type { SampleRequest } from '../../contracts/sampler.js';
import type { DecoderConfig } from '../nn/config.js';
import type { RotaryTable } from '../nn/rotary-angles.js';
import { prefillGraph } from './decode-programs.js';
import { pack, type PackingLimits } from './packing.js';
import type { Parameters } from './parameters.js';
import { run, type ProgramCache } from './programs.js';
import { shapesOf } from './network.js';

/** Where the prefilled tokens of one request lie: rows `start` … of `batch`. */
export interface PrefilledPrompt {
  readonly batch: PrefilledBatch;
  readonly start: number;
}

export interface PrefilledBatch {
  readonly buffers: Readonly<Record<string, DeviceBuffer>>;
  readonly tokens: number;
}

export interface PrefillParts {
  readonly backend: Backend;
  readonly config: DecoderConfig;
  readonly programs: ProgramCache;
  readonly rotary: RotaryTable;
  readonly limits: PackingLimits;
}

/**
 * Keys and values of prompts, computed once for all samples of a request, a chunk of requests at a time so that memory stays
 * bounded however many there are. The last prompt token is left to decoding.
 */
export class Prefill {
  private chunk = new Map<number, PrefilledPrompt>();
  private batches: PrefilledBatch[] = [];

  constructor(
    private readonly parts: PrefillParts,
    private readonly parameters: Parameters,
    private readonly requests: readonly SampleRequest[],
  ) {}

  /** The prompt of request `r`, or undefined if it has one token and needs none. Requests must be asked for in order. */
  async prompt(r: number): Promise<PrefilledPrompt | undefined> {
    if (this.requests[r]!.promptTokens.length < 2) return undefined;
    if (!this.chunk.has(r)) await this.prefillFrom(r);
    return this.chunk.get(r);
  }

  /** Whether request `r` is in the present chunk; asking for another one drops this chunk. */
  holds(r: number): boolean {
    return this.chunk.has(r);
  }

  dispose(): void {
    for (const batch of this.batches)
      for (const buffer of Object.values(batch.buffers)) this.parts.backend.release(buffer);
    this.batches = [];
    this.chunk.clear();
  }

  private async prefillFrom(first: number): Promise<void> {
    this.dispose();
    const members: number[] = [];
    let tokens = 0;
    for (
      let r = first;
      r < this.requests.length && (members.length === 0 || tokens < this.parts.limits.microBatchTokens);
      r++
    ) {
      members.push(r);
      tokens += this.requests[r]!.promptTokens.length;
    }
    const long = members.filter((r) => this.requests[r]!.promptTokens.length >= 2);
    const sequences = long.map((r) => {
      const prompt = this.requests[r]!.promptTokens;
      return { tokens: prompt.subarray(0, prompt.length - 1), promptLength: prompt.length - 1 };
    });
    const { backend, config, programs, rotary, limits } = this.parts;
    // Softmax adds up in another order at another place in a row, so sharing rows would let other prompts into the last bit.
    for (const batch of pack(sequences, { ...limits, rowTokens: 1, ownRows: true })) {
      const places = batch.rows * batch.length,
        half = config.headDim / 2;
      const { cos, sin } = rotary.rows(batch.positions);
      const feeds = {
        tokens: { data: batch.tokens, shape: [places] },
        starts: { data: batch.starts, shape: [batch.rows, batch.length] },
        cos: { data: cos, shape: [places, half] },
        sin: { data: sin, shape: [places, half] },
      };
      const program = await programs.get(`prefill ${batch.rows}x${batch.length}`, () =>
        prefillGraph(config, shapesOf(this.parameters), batch.rows, batch.length),
      );
      const buffers = await run(
        backend,
        program,
        (name) => feeds[name as keyof typeof feeds] ?? this.parameters.value(name),
      );
      const prefilled = { buffers, tokens: places };
      this.batches.push(prefilled);
      for (const p of batch.placements)
        this.chunk.set(long[p.sequence]!, { batch: prefilled, start: p.row * batch.length + p.offset });
    }
  }
}
