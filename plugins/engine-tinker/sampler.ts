import { elementAt } from '../../core/arrays.js';
import { checkRequests } from '../../core/compute/engine/check-requests.js';
import { foreignPolicy, noWeights, staleWeights } from '../../core/compute/engine/errors.js';
import { Lane } from '../../core/compute/engine/lane.js';
import type { WeightVersion } from '../../core/contracts/data.js';
import type { Model } from '../../core/contracts/model.js';
import type { Completion, SampleOptions, SampleRequest, Sampler } from '../../core/contracts/sampler.js';
import type { Tokenizer } from '../../core/contracts/tokenizer.js';
import type { SampledSequence } from '../../core/tinker/protobuf.js';
import { hashName } from '../../core/random.js';
import { has, type EngineContext } from './context.js';
import { logprobsMissing } from './errors.js';
import { TinkerModel } from './model.js';
import type { RemoteSampler, RemoteSampleRequest } from './transport/sampler.js';

/** What the server samples from: the weights of one version. */
interface Source {
  readonly policy: TinkerModel;
  readonly version: WeightVersion;
  readonly sampler: RemoteSampler;
}

/** Samples at the server, all prompts at once. Stop texts are looked for here too: not every server cuts at them. */
export class TinkerSampler implements Sampler {
  private source?: Source;

  constructor(
    private readonly context: EngineContext,
    private readonly tokenizer: Tokenizer,
    /** Seed of the run; with the key of a request it decides what is drawn. */
    private readonly seed: number,
  ) {}

  get version(): WeightVersion {
    return this.source?.version ?? -1;
  }

  async sync(policy: Model): Promise<WeightVersion> {
    if (!(policy instanceof TinkerModel)) throw foreignPolicy();
    if (this.source?.policy === policy && this.source.version === policy.version) return policy.version;
    const { version } = policy;
    this.source = { policy, version, sampler: await (await policy.remote()).saveWeightsForSampler() };
    return version;
  }

  async sample(requests: readonly SampleRequest[], options: SampleOptions = {}): Promise<Completion[]> {
    const { sampler, version } = this.freshSource();
    options.signal?.throwIfAborted();
    checkRequests(requests, this.context.config);
    const completions: Completion[][] = requests.map(() => []);
    const asked = [...requests.entries()].filter(([, { count }]) => count > 0);
    const remote = asked.map(([, request]) => this.remoteRequest(request));
    await sampler.sample(remote, {
      signal: options.signal,
      onResult: (i, { sequences }) => {
        const [index, request] = elementAt(asked, i);
        completions[index] = sequences.map((sequence, sample) =>
          this.completion(sequence, { id: { request: index, sample }, request, version, options }),
        );
      },
    });
    return completions.flat();
  }

  private freshSource(): Source {
    if (!this.source) throw noWeights();
    const { policy, version } = this.source;
    if (policy.version !== version) throw staleWeights(version, policy.version);
    return this.source;
  }

  private remoteRequest({ promptTokens: prompt, count, settings, key }: SampleRequest): RemoteSampleRequest {
    const isKeyed = has(this.context, 'sample-key');
    const params = {
      max_tokens: settings.maxResponseTokens,
      temperature: settings.temperature,
      top_p: settings.topP,
      top_k: settings.topK === 0 ? -1 : settings.topK,
      seed: isKeyed ? this.seed : seedOf(this.seed, key),
      ...this.stopRules(settings),
    };
    return { prompt, count, params, ...(isKeyed && { key }) };
  }

  /** What the server does not stop at, {@link completion} cuts. */
  private stopRules({ stop, stopTokens }: SampleRequest['settings']) {
    const { kind } = this.context;
    if (has(this.context, 'stop-both')) return { stop: [...stop], stop_token_ids: [...stopTokens] };
    const rules = kind.stop === 'tokens' ? [...stopTokens] : [...stop];
    return rules.length === 0 ? {} : { stop: rules };
  }

  /** The response up to its first stop rule, with its text. */
  private completion(
    { tokens, logprobs, stopReason }: SampledSequence,
    sample: {
      readonly id: { readonly request: number; readonly sample: number };
      readonly request: SampleRequest;
      readonly version: WeightVersion;
      readonly options: SampleOptions;
    },
  ): Completion {
    const { id, request, version, options } = sample;
    if (logprobs?.length !== tokens.length) throw logprobsMissing(id, tokens.length, logprobs?.length ?? 0);
    const lane = new Lane(id, request, this.tokenizer);
    let reason: 'stop' | 'length' | undefined;
    for (let t = 0; t < tokens.length && reason === undefined; t++) {
      reason = lane.push(elementAt(tokens, t), elementAt(logprobs, t));
      options.onToken?.(id.request, id.sample, elementAt(tokens, t));
    }
    if (reason === undefined) lane.finish();
    const completion = lane.completion(reason ?? stopReason, version);
    options.onDone?.(completion);
    return completion;
  }
}

/** 31 bits for servers whose samples depend on a seed alone; sample i of a request draws with seed + i. */
const seedOf = (seed: number, key: readonly number[]): number => hashName([seed, ...key].join(' ')) >>> 1;
