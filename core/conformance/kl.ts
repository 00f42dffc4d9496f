import type { Backend } from '../contracts/backend.js';
import type { KlRegularizer } from '../contracts/kl.js';
import type { Loss } from '../contracts/loss.js';
import { requireClose, requireDefined, requirePlainSettings, requireThat, type ConformanceCheck } from './check.js';
import { compileLoss, exampleLossData } from './compile-loss.js';
import { lossConformance } from './loss.js';

export interface KlConformanceOptions {
  readonly create: () => KlRegularizer;
  /** A backend to run the loss term on; it is made for each check and disposed after it. */
  readonly createBackend: () => Promise<Backend>;
}

/** Properties of a {@link KlRegularizer}; those of its penalty and its loss term only if it has them. */
export function klConformance({ create, createBackend }: KlConformanceOptions): ConformanceCheck[] {
  const { penalty, loss } = create();
  const asLoss = (): Loss => lossTermOf(create());
  return [
    {
      title: 'asks for a reference model exactly if it does something',
      run: async () => checkReferenceNeeded(create()),
    },
    ...(penalty ? penaltyChecks(() => penaltyOf(create())) : []),
    ...(loss
      ? [...lossConformance({ create: asLoss, createBackend, trains: 'logprobs' }), restCheck(asLoss, createBackend)]
      : []),
  ];
}

type Penalty = NonNullable<KlRegularizer['penalty']>;

const penaltyOf =
  (regularizer: KlRegularizer): Penalty =>
  (logprobs, refLogprobs) =>
    requireDefined('the penalty', regularizer.penalty?.(logprobs, refLogprobs));

/** The loss term of a regulariser as a loss of its own. */
const lossTermOf = (regularizer: KlRegularizer): Loss => ({
  name: `kl ${regularizer.name}`,
  settings: regularizer.settings,
  build: (g, t) => ({ loss: requireDefined('the loss term', regularizer.loss?.(g, t)) }),
});

function checkReferenceNeeded(regularizer: KlRegularizer): void {
  requirePlainSettings(regularizer.settings);
  const acts = regularizer.penalty !== undefined || regularizer.loss !== undefined;
  requireThat(
    regularizer.needsReference === acts,
    `needsReference is ${regularizer.needsReference}, but it has ${acts ? 'a' : 'neither a'} penalty or loss`,
  );
}

function penaltyChecks(create: () => Penalty): ConformanceCheck[] {
  return [
    {
      title: 'gives one finite penalty per token and leaves its inputs alone',
      run: async () => checkPenaltyPerToken(create()),
    },
    {
      title: 'penalises nothing between equal models, and no token of an empty response',
      run: async () => checkPenaltyAtRest(create()),
    },
  ];
}

function checkPenaltyPerToken(penalty: Penalty): void {
  const { logprobs, refLogprobs } = exampleLossData();
  const [a, b] = [logprobs.slice(), refLogprobs.slice()];
  const amounts = penalty(a, b);
  requireThat(
    amounts.length === a.length && amounts.every(Number.isFinite),
    'not one finite penalty per token',
    [...amounts].map(String),
  );
  requireThat(
    amounts.some((x) => x !== 0),
    'the penalty is zero although the models differ',
  );
  requireClose('logprobs after the call', a, logprobs, 0);
  requireClose('refLogprobs after the call', b, refLogprobs, 0);
}

function checkPenaltyAtRest(penalty: Penalty): void {
  const { logprobs } = exampleLossData();
  const zeros = new Float32Array(logprobs.length);
  requireClose('penalty between equal models', penalty(logprobs, logprobs), zeros, 1e-7);
  requireThat(penalty(new Float32Array(0), new Float32Array(0)).length === 0, 'a penalty for an empty response');
}

const restCheck = (create: () => Loss, createBackend: () => Promise<Backend>): ConformanceCheck => ({
  title: 'adds nothing to the loss between equal models',
  run: async () => {
    const backend = await createBackend();
    try {
      const data = exampleLossData();
      const runner = await compileLoss(backend, create(), 'logprobs', data.weights.length);
      const { loss } = await runner.run({ ...data, refLogprobs: data.logprobs });
      requireClose('loss term between equal models', [loss], [0], 1e-6);
    } finally {
      await backend.dispose();
    }
  },
});
