import type { WeightVersion } from '../../contracts/data.js';
import type { Model } from '../../contracts/model.js';
import type { Completion, SampleOptions, SampleRequest, Sampler } from '../../contracts/sampler.js';
import { checkRequests } from './check-requests.js';
import { ContinuousBatch, type ContinuousBatchParts } from './continuous-batch.js';
import { foreignPolicy, noWeights, staleWeights } from './errors.js';
import { LocalModel } from './local-model.js';
import type { Parameters } from './parameters.js';

/**
 * Continuous batching on a local backend. Which lane a sample gets, what else is in the batch and in which order
 * samples end changes nothing: each draws from its own counter-based stream, and rows of a batch do not mix.
 */
export class LocalSampler implements Sampler {
  private source?: { parameters: Parameters; version: WeightVersion };

  constructor(private readonly parts: ContinuousBatchParts) {}

  get version(): WeightVersion {
    return this.source?.version ?? -1;
  }

  /** The sampler shares the policy's device buffers, so this only takes note of them and their version. */
  async sync(policy: Model): Promise<WeightVersion> {
    if (!(policy instanceof LocalModel)) throw foreignPolicy();
    this.source = { parameters: policy.parameters, version: policy.version };
    return policy.version;
  }

  async sample(requests: readonly SampleRequest[], options: SampleOptions = {}): Promise<Completion[]> {
    const parameters = this.freshParameters();
    checkRequests(requests, this.parts.config);
    const batch = new ContinuousBatch(this.parts, parameters, requests, options);
    try {
      return await batch.complete();
    } finally {
      batch.dispose();
    }
  }

  private freshParameters(): Parameters {
    if (!this.source) throw noWeights();
    const { parameters, version } = this.source;
    if (parameters.version !== version) throw staleWeights(version, parameters.version);
    return parameters;
  }
}
