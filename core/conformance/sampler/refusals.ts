import type { SampleRequest } from '../../contracts/sampler.js';
import type { ErrorCode } from '../../errors.js';
import { elementAt } from '../../arrays.js';
import { requireErrorCode, requireFailure, requireThat, type ConformanceCheck } from '../check.js';
import { tensorsOf } from '../engine/gradient.js';
import { momentum, ratioLoss } from '../engine/example-training.js';
import { withEngine, type EngineFixture, type EngineUnderTest } from '../engine/harness.js';
import { exampleSequences, exampleTraining } from '../example-model.js';
import { mixedLengths, requestFor, requestsFor, sampleInSync } from './requests.js';

/** What a sampler must not do, and how it is interrupted. */
export function refusalChecks(test: EngineUnderTest): ConformanceCheck[] {
  return [
    withEngine(
      test,
      'sampling before the first sync, or after a step or an import without one, is refused',
      { optimizer: momentum },
      checkStaleWeights,
    ),
    withEngine(
      test,
      'prompts that are empty, too long for the model or not of its vocabulary are refused',
      {},
      checkRefusedPrompts,
    ),
    withEngine(test, 'an aborted signal ends sampling', {}, checkAbort),
  ];
}

async function checkStaleWeights({ engine, policy, sampler, base }: EngineFixture): Promise<void> {
  const requests = requestsFor([3], {}, 1);
  const stale = (what: string): Promise<void> =>
    requireErrorCode(what, 'ORZ_STALE_WEIGHTS', () => sampler.sample(requests));
  await stale('no sync yet');
  const before = elementAt(await sampleInSync(engine, requests), 0);
  await policy.accumulate(exampleTraining(exampleSequences([[2, 6]])), ratioLoss);
  await policy.step({ learningRate: 0.5, maxGradNorm: 1 });
  await stale('a step since the sync');
  requireThat((await sampler.sync(policy)) === policy.version, 'sync reports another version');
  const after = elementAt(await sampler.sample(requests), 0);
  requireThat(
    after.weightVersion > before.weightVersion && after.logprobs.some((x, t) => x !== before.logprobs[t]),
    'the sampler still draws from the old weights',
  );
  await tensorsOf(policy).importWeights(base.weights());
  await stale('an import since the sync');
}

async function checkRefusedPrompts({ engine, config }: EngineFixture): Promise<void> {
  const request: SampleRequest = requestFor(3);
  const refused = (what: string, code: ErrorCode, promptTokens: Int32Array): Promise<void> =>
    requireErrorCode(what, code, () => sampleInSync(engine, [request, { ...request, promptTokens }]));
  await refused('an empty prompt', 'ORZ_INTERNAL', new Int32Array(0));
  await refused('an id beyond the vocabulary', 'ORZ_TOKENIZER', Int32Array.of(1, config.vocabSize));
  const tooLong = new Int32Array(config.maxPositions - 4);
  await refused('prompt and response longer than the positions', 'ORZ_PROMPT_TOO_LONG', tooLong);
}

async function checkAbort({ engine, policy, sampler }: EngineFixture): Promise<void> {
  await sampler.sync(policy);
  const controller = new AbortController();
  let tokens = 0;
  const sampling = (): Promise<unknown> =>
    sampler.sample(requestsFor(mixedLengths, { maxResponseTokens: 100 }), {
      signal: controller.signal,
      onToken: () => {
        if (++tokens === 50) controller.abort();
      },
    });
  await requireFailure('sampling went on to the end', sampling);
  const afterwards = await sampleInSync(engine, requestsFor([2], {}, 1));
  requireThat(afterwards.length === 1, 'the sampler cannot be used afterwards');
}
