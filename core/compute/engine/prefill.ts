import { elementAt } from '../../arrays.js';
import type { Backend } from '../../contracts/backend.js';
import type { Sequence } from '../../contracts/model.js';
import type { SampleRequest } from '../../contracts/sampler.js';
import type { DecoderConfig } from '../nn/config.js';
import type { RotaryTable } from '../nn/rotary-angles.js';
import { prefillGraph } from './decode-programs.js';
import { layoutValues } from './network.js';
import { pack, packedSize, type MicroBatch, type PackingLimits } from './packing.js';
import type { Parameters } from './parameters.js';
import { execute, type Feed, type Outputs, type ProgramCache } from './programs.js';
import { storageKey } from './stored-weights.js';

/** Where the prefilled tokens of one request lie: from row `start` of the buffers of `batch` on. */
export interface PrefilledPrompt {
  readonly batch: PrefilledBatch;
  readonly start: number;
}

/** Keys and values [tokens, kvHeads · h] of some prompts, by the name of the cache they belong to. */
export interface PrefilledBatch {
  readonly buffers: Outputs;
  readonly tokens: number;
}

export interface PrefillParts {
  readonly backend: Backend;
  readonly config: DecoderConfig;
  readonly programs: ProgramCache;
  readonly rotary: RotaryTable;
  readonly limits: PackingLimits;
}

/** A prompt without its last token, which is left to decoding, and the request it belongs to. */
interface PromptStart extends Sequence {
  readonly request: number;
}

/**
 * Keys and values of prompts, computed once for all samples of a request, a chunk of requests at a time so that memory
 * stays bounded however many there are. The last prompt token is left to decoding.
 */
export class Prefill {
  private chunk = new Map<number, PrefilledPrompt>();
  private batches: PrefilledBatch[] = [];

  constructor(
    private readonly parts: PrefillParts,
    private readonly parameters: Parameters,
    private readonly requests: readonly SampleRequest[],
  ) {}

  /**
   * The prompt of a request, or undefined if it has one token and needs none. Requests must be asked for in order.
   */
  async prompt(request: number): Promise<PrefilledPrompt | undefined> {
    if (elementAt(this.requests, request).promptTokens.length < 2) return undefined;
    if (!this.chunk.has(request)) await this.prefillFrom(request);
    return this.chunk.get(request);
  }

  /** Whether a request is in the present chunk; asking for another one drops this chunk. */
  has(request: number): boolean {
    return this.chunk.has(request);
  }

  dispose(): void {
    for (const batch of this.batches)
      for (const buffer of Object.values(batch.buffers)) this.parts.backend.release(buffer);
    this.batches = [];
    this.chunk.clear();
  }

  private async prefillFrom(first: number): Promise<void> {
    this.dispose();
    const prompts = this.nextChunk(first);
    // Softmax sums in another order at another position in a row, so if rows were shared, other prompts would change
    // the last bit.
    for (const packed of pack(prompts, { ...this.parts.limits, rowTokens: 1, ownRows: true })) {
      const batch = { buffers: await this.compute(packed), tokens: packedSize(packed) };
      this.batches.push(batch);
      for (const { sequence, row, offset } of packed.placements)
        this.chunk.set(elementAt(prompts, sequence).request, { batch, start: row * packed.length + offset });
    }
  }

  /** Prompts of the requests from `first` on that make up about one micro-batch. */
  private nextChunk(first: number): PromptStart[] {
    const prompts: PromptStart[] = [];
    let total = 0;
    for (const [i, { promptTokens }] of this.requests.slice(first).entries()) {
      if (i > 0 && total >= this.parts.limits.microBatchTokens) break;
      total += promptTokens.length;
      const promptLength = promptTokens.length - 1;
      if (promptLength > 0)
        prompts.push({ request: first + i, tokens: promptTokens.subarray(0, promptLength), promptLength });
    }
    return prompts;
  }

  private async compute(packed: MicroBatch): Promise<Outputs> {
    const { backend, config, programs, rotary } = this.parts;
    const { rows, length } = packed;
    const feeds: Record<string, Feed> = {
      tokens: { data: packed.tokens, shape: [packedSize(packed)] },
      ...layoutValues(config, rotary, packed),
    };
    const { specs } = this.parameters;
    const program = await programs.get(`prefill ${rows}x${length}, ${storageKey(specs)}`, () =>
      prefillGraph(config, specs, rows, length),
    );
    return execute(backend, program, (name) => feeds[name] ?? this.parameters.value(name));
  }
}
