import type { Backend } from '../contracts/backend.js';
import type { Engine } from '../contracts/engine.js';
import type { Loss } from '../contracts/loss.js';
import type { Model, TokenScores, TrainingSequence } from '../contracts/model.js';
import type { Optimizer } from '../contracts/optimizer.js';
import { createLocalEngine, localEngineSettings } from '../compute/engine/local-engine.js';
import type { DecoderConfig } from '../compute/nn/config.js';
import { requireClose, requireThat, type ConformanceCheck } from './check.js';
import {
  exampleRequest,
  gradientOf,
  requireSameGradient,
  requireSameWeights,
  type EngineUnderTest,
} from './engine/harness.js';
import { requireSameScores } from './engine/scores.js';
import {
  exampleBase,
  exampleDecoder,
  exampleLengths,
  exampleSequences,
  exampleTraining,
  untiedDecoder,
} from './example-model.js';

export interface AgreementOptions {
  /** The backend under test; it is made for each check and disposed after it. */
  readonly create: () => Promise<Backend>;
  /** The oracle. */
  readonly createReference: () => Promise<Backend>;
  readonly policyLoss: Loss;
  readonly valueLoss: Loss;
  readonly optimizer: Optimizer;
  /** Largest difference of scores and losses, relative to 1 + |number|; gradients may differ by ten times that share of their largest entry. */
  readonly tolerance: number;
}

/** Log-probabilities, values and training inputs that a run would have recorded: made once, on the oracle. */
interface Recorded {
  readonly scores: readonly TokenScores[];
  readonly values: readonly TokenScores[];
  readonly sequences: readonly TrainingSequence[];
}

interface Pair {
  readonly oracle: Engine;
  readonly tested: Engine;
  readonly recorded: Recorded;
}

/**
 * Checks that the whole engine gives the same numbers on two backends, for the same weights and the same recorded rollouts:
 * scores, losses, all gradients, a clipped optimizer step and greedy texts.
 */
export function backendAgreement(options: AgreementOptions): ConformanceCheck[] {
  const { policyLoss, valueLoss, tolerance } = options;
  const cases: [string, DecoderConfig, 'fused' | 'blocks'][] = [
    ['tied head, one program', exampleDecoder, 'fused'],
    ['tied head, block by block', exampleDecoder, 'blocks'],
    ['untied head, one program', untiedDecoder, 'fused'],
  ];
  return cases.flatMap(([name, config, programs]) => [
    onBoth(
      options,
      `log-probabilities, entropies and values agree: ${name}`,
      config,
      programs,
      {},
      async ({ tested, recorded }) => {
        requireSameScores('policy', await tested.policy.forward(recorded.sequences), recorded.scores, tolerance);
        requireSameScores('critic', await tested.critic!.forward(recorded.sequences), recorded.values, tolerance);
      },
    ),
    onBoth(
      options,
      `losses, metrics and all gradients agree: ${name}`,
      config,
      programs,
      {},
      async ({ oracle, tested, recorded: { sequences } }) => {
        for (const [loss, a, b] of [
          [policyLoss, oracle.policy, tested.policy],
          [valueLoss, oracle.critic!, tested.critic!],
        ] as const) {
          requireThat(a.role === b.role, 'models of different roles');
          await requireSameTraining(loss, a, b, sequences, tolerance);
        }
      },
    ),
    onBoth(
      options,
      `parameters agree after clipped steps: ${name}`,
      config,
      programs,
      { optimizer: options.optimizer },
      async ({ oracle, tested, recorded: { sequences } }) => {
        for (const { policy } of [oracle, tested]) {
          for (let step = 1; step <= 3; step++) {
            await policy.accumulate(sequences, policyLoss);
            await policy.step({ learningRate: 0.01, maxGradNorm: 0.1 });
          }
        }
        // A step divides by the size of the gradient, which lifts rounding of tiny gradients up to the size of a step.
        await requireSameWeights(tested.policy, oracle.policy, 100 * tolerance);
      },
    ),
    onBoth(
      options,
      `greedy responses agree: ${name}`,
      config,
      programs,
      {},
      async ({ oracle, tested, recorded: { sequences } }) => {
        const settings = { temperature: 0, topP: 1, topK: 0, maxResponseTokens: 10, stop: [], stopTokens: [] };
        const requests = sequences.map(({ tokens, promptLength }, r) => ({
          promptTokens: tokens.slice(0, promptLength),
          count: 1,
          key: [r],
          settings,
        }));
        const [expected, actual] = await Promise.all(
          [oracle, tested].map(async ({ policy, sampler }) => {
            await sampler.sync(policy);
            return sampler.sample(requests);
          }),
        );
        expected!.forEach((c, i) => {
          requireClose(`tokens of response ${i}`, actual![i]!.tokens, c.tokens, 0);
          requireClose(`log-probabilities of response ${i}`, actual![i]!.logprobs, c.logprobs, 5 * tolerance);
        });
      },
    ),
  ]);
}

async function requireSameTraining(
  loss: Loss,
  oracle: Model,
  tested: Model,
  sequences: readonly TrainingSequence[],
  tolerance: number,
): Promise<void> {
  const [expected, actual] = [await oracle.accumulate(sequences, loss), await tested.accumulate(sequences, loss)];
  requireClose(`loss ${loss.name}`, [actual.loss], [expected.loss], tolerance);
  for (const [name, value] of Object.entries(expected.metrics))
    requireClose(`${name} of loss ${loss.name}`, [actual.metrics[name] ?? Number.NaN], [value], tolerance);
  // Both accumulators hold one pass already, so these are the gradients of two.
  const [a, b] = [await gradientOf(oracle, loss, [sequences]), await gradientOf(tested, loss, [sequences])];
  requireClose(`gradient norm of loss ${loss.name}`, [b.norm / a.norm], [1], 10 * tolerance);
  requireSameGradient(`gradient of loss ${loss.name}`, b.gradient, a.gradient, 10 * tolerance);
}

/** Two engines with the same weights and the same recorded rollouts, on backends of their own. */
function onBoth(
  options: AgreementOptions,
  title: string,
  config: DecoderConfig,
  programs: 'fused' | 'blocks',
  request: Partial<Parameters<EngineUnderTest['create']>[0]>,
  use: (pair: Pair) => Promise<void>,
): ConformanceCheck {
  return {
    title,
    run: async () => {
      const backends = [await options.createReference(), await options.create()];
      try {
        const settings = localEngineSettings.parse({ microBatchTokens: 96, rowTokens: 16, maxSlots: 8, programs });
        const [oracle, tested] = (await Promise.all(
          backends.map((backend) =>
            createLocalEngine(settings, backend).create(
              exampleRequest({ base: exampleBase(config), critic: true, ...request }),
            ),
          ),
        )) as [Engine, Engine];
        await use({ oracle, tested, recorded: await record(oracle, config) });
      } finally {
        for (const backend of backends) await backend.dispose();
      }
    },
  };
}

async function record({ policy, critic }: Engine, config: DecoderConfig): Promise<Recorded> {
  const sequences = exampleSequences(exampleLengths, config.vocabSize);
  const scores = await policy.forward(sequences),
    values = await critic!.forward(sequences);
  return {
    scores,
    values,
    sequences: exampleTraining(
      sequences,
      scores.map((s, i) => ({ ...s, ...values[i] })),
    ),
  };
}
