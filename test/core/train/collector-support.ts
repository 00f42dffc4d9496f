import { rootContainer } from '../../../core/container/inject.js';
import type { Problem } from '../../../core/contracts/data.js';
import { contractTokens } from '../../../core/contracts/contract-tokens.js';
import type { Template } from '../../../core/contracts/problems.js';
import type { EnvironmentPool } from '../../../core/contracts/environment-pool.js';
import type { RewardPool } from '../../../core/contracts/reward-pool.js';
import type { Completion, Sampler, SampleRequest } from '../../../core/contracts/sampler.js';
import type { Tokenizer } from '../../../core/contracts/tokenizer.js';
import { SamplingCollector } from '../../../core/train/loop/collector.js';
import { runTokens } from '../../../core/train/loop/run-tokens.js';
import { createArithmeticTokenizer } from '../../../plugins/task-arithmetic/tokenizer.js';

export const problem = (n: number): Problem => ({ id: `p${n}`, prompt: `${n % 10}+1`, answer: String(n + 1) });

/** Answers every request at once, in a scrambled order, with a text that tells request and sample. */
export class ScrambledSampler implements Sampler {
  readonly version = 3;
  readonly seen: SampleRequest[] = [];

  sync(): Promise<number> {
    return Promise.resolve(3);
  }

  async sample(
    requests: readonly SampleRequest[],
    options: Parameters<Sampler['sample']>[1] = {},
  ): Promise<Completion[]> {
    this.seen.push(...requests);
    const completions = requests.flatMap((r, request) =>
      Array.from({ length: r.count }, (_, sample): Completion => ({
        request,
        sample,
        tokens: Int32Array.of(request, sample),
        logprobs: Float32Array.of(-1, -2),
        text: `${request}.${sample}`,
        stopReason: sample === 1 ? 'length' : 'stop',
        weightVersion: 3,
      })),
    );
    for (const c of [...completions].sort((a, b) => b.sample - a.sample || a.request - b.request)) options.onDone?.(c);
    return completions;
  }
}

export interface CollectorParts {
  readonly sampler: ScrambledSampler;
  readonly tokenizer: Tokenizer;
  readonly template: Template;
  readonly rewards: RewardPool;
  readonly environment: { readonly pool?: EnvironmentPool };
}

/** A collector made as in a run, from a sampler and a reward that tell what they were asked. */
export function testCollector(changes: Partial<CollectorParts> = {}) {
  const groups: string[][] = [];
  const parts: CollectorParts = {
    sampler: new ScrambledSampler(),
    tokenizer: createArithmeticTokenizer(),
    template: { name: 'plain', render: (p) => `${p.prompt}=`, stop: ['User:', '</answer>'] },
    rewards: {
      stats: { timeouts: 0, crashes: 0, retries: 0 },
      dispose: async () => undefined,
      grade: async (group) => {
        groups.push(group.map((g) => g.text));
        return group.map((g) => ({ value: Number(g.text.replace('.', '')), verdict: 'wrong' }));
      },
    },
    environment: {},
    ...changes,
  };
  const child = rootContainer.createChildContainer();
  child.register(runTokens.sampler.symbol, { useValue: parts.sampler });
  child.register(runTokens.rewardPool.symbol, { useValue: parts.rewards });
  child.register(runTokens.environment.symbol, { useValue: parts.environment });
  child.register(runTokens.baseModel.symbol, {
    useValue: { tokenizer: parts.tokenizer, config: { vocabSize: parts.tokenizer.vocabSize } },
  });
  child.register(contractTokens.template.symbol, { useValue: parts.template });
  return { ...parts, groups, collector: child.resolve(SamplingCollector) };
}
