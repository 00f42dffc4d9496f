import { tensorsOf } from '../../../core/model-files/model-tensors.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendAgreement } from '../../../core/conformance/backend-agreement.js';
import type { ConformanceCheck } from '../../../core/conformance/check.js';
import { engineConformance, type EngineUnderTest } from '../../../core/conformance/engine.js';
import { modelConformance } from '../../../core/conformance/model.js';
import { samplerConformance } from '../../../core/conformance/sampler.js';
import type { Backend } from '../../../core/contracts/backend.js';
import type { Engine } from '../../../core/contracts/engine.js';
import type { Completion, SampleRequest, SamplingSettings } from '../../../core/contracts/sampler.js';
import { ReferenceBackend } from '../../../plugins/backend-reference/backend.js';
import { recipeAgreement } from '../compute/engine/agreement.js';
import { createEngine, onnxTolerance, startOnnx, startReference } from '../compute/engine/support.js';

let backend: Backend;
beforeAll(async () => {
  backend = await startOnnx();
});
afterAll(() => backend.dispose());

/** What the one check whose title holds `title` says about an engine with this fault; nothing if it passes. */
async function verdict(
  suite: (test: EngineUnderTest) => ConformanceCheck[],
  title: string,
  fault: (engine: Engine) => void,
): Promise<string | undefined> {
  const create: EngineUnderTest['create'] = async (request) => {
    const engine = await createEngine(backend, { maxSlots: 256 }, request);
    fault(engine);
    return engine;
  };
  const checks = suite({ create, tolerance: onnxTolerance }).filter((c) => c.title.includes(title));
  expect(checks, title).toHaveLength(1);
  return checks[0]!.run().then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );
}

/** Changes what goes into the sampler, or what comes out of it. */
const sampling =
  (into: (requests: SampleRequest[]) => SampleRequest[], out: (c: Completion) => Completion = (c) => c) =>
  ({ sampler }: Engine): void => {
    const sample = sampler.sample.bind(sampler);
    sampler.sample = async (requests, options) => (await sample(into([...requests]), options)).map(out);
  };
const withSettings = (change: Partial<SamplingSettings>) =>
  sampling((requests) => requests.map((r) => ({ ...r, settings: { ...r.settings, ...change } })));
const sound = (): void => undefined;

describe('the sampler suite', () => {
  const check = (title: string, fault: (engine: Engine) => void): Promise<string | undefined> =>
    verdict(samplerConformance, title, fault);

  it('passes the local sampler', async () => {
    expect(await check('as often as their probability says, under any', sound)).toBeUndefined();
  });

  it('finds settings that are not honoured', async () => {
    expect(await check('as often as their probability says, under any', withSettings({ temperature: 1 }))).toMatch(
      /"temperature":0.5.*chi-square/,
    );
    expect(await check('as often as their probability says, under any', withSettings({ topP: 1 }))).toMatch(
      /"topP":0.8.*impossible/,
    );
    expect(await check('as often as their probability says, under any', withSettings({ topK: 0 }))).toMatch(
      /"topK":5.*impossible/,
    );
    expect(await check('any of several end ids', withSettings({ stopTokens: [2] }))).toMatch(/tokens of completion/);
    expect(await check('stop strings end', withSettings({ stop: [] }))).toMatch(/tokens up to/);
    expect(await check('exactly the tokens allowed', withSettings({ maxResponseTokens: 5 }))).toMatch(/5 tokens of 1/);
  });

  it('finds randomness that hangs on the place in the batch, or is not there', async () => {
    expect(
      await check(
        'not on order, number or the rest of the batch',
        sampling((requests) => requests.map((r, i) => ({ ...r, key: [i] }))),
      ),
    ).toMatch(/requests reversed/);
    expect(
      await check(
        'are drawn independently',
        sampling((requests) => requests.map((r) => ({ ...r, key: [0] }))),
      ),
    ).toMatch(/two samples are equal/);
  });

  it('finds log-probabilities after the cut, texts without their stop string and weights that are stale', async () => {
    const cut = sampling(
      (requests) => requests,
      (c) => ({ ...c, logprobs: c.logprobs.map((x) => x / 2) }),
    );
    expect(await check('log-probabilities are those of the model', cut)).toMatch(/log-probabilities of completion/);
    expect(
      await check(
        'stop strings end',
        sampling(
          (requests) => requests,
          (c) => (c.stopReason === 'stop' ? { ...c, text: c.text.slice(0, -1) } : c),
        ),
      ),
    ).toMatch(/the text ends/);
    const silentSync = ({ policy, sampler }: Engine): void => {
      const sample = sampler.sample.bind(sampler);
      sampler.sample = async (requests, options) => {
        await sampler.sync(policy);
        return sample(requests, options);
      };
    };
    expect(await check('without one, is refused', silentSync)).toMatch(
      /no sync yet: no error instead of ORZ_STALE_WEIGHTS/,
    );
  });
});

describe('the model suite', () => {
  const check = (title: string, fault: (engine: Engine) => void): Promise<string | undefined> =>
    verdict(modelConformance, title, fault);

  it('finds scores in another order, of a neighbour token or at another temperature', async () => {
    expect(
      await check('in any batch', ({ policy }) => {
        const forward = policy.forward.bind(policy);
        policy.forward = async (s, o) => (await forward(s, o)).reverse();
      }),
    ).toMatch(/policy, alone/);
    expect(
      await check('add up to 1', ({ policy }) => {
        const forward = policy.forward.bind(policy);
        policy.forward = (s) => forward(s);
      }),
    ).toMatch(/at temperature 0.5/);
  });

  it('finds gradients that are averaged, not cleared or not clipped, and metrics that are not summed', async () => {
    const averaged = ({ policy }: Engine): void => {
      const accumulate = policy.accumulate.bind(policy);
      policy.accumulate = (s, loss, o) =>
        accumulate(
          s.map((x) => ({ ...x, weights: x.weights.map((w) => w / s.length) })),
          loss,
          o,
        );
    };
    expect(await check('in one call, in several', averaged)).toMatch(/policy loss in 2 calls/);
    const kept = ({ policy }: Engine): void => {
      const accumulate = policy.accumulate.bind(policy),
        step = policy.step.bind(policy);
      let again = (): Promise<unknown> => Promise.resolve();
      policy.accumulate = (s, loss, o) => {
        again = () => accumulate(s, loss);
        return accumulate(s, loss, o);
      };
      policy.step = async (o) => {
        const report = await step(o);
        await again();
        return report;
      };
    };
    expect(await check('clears the gradient', kept)).toMatch(/second gradient/);
    expect(
      await check('clips by the global norm', ({ policy }) => {
        const step = policy.step.bind(policy);
        policy.step = (o) => step({ ...o, maxGradNorm: Infinity });
      }),
    ).toMatch(/clipped/);
  });

  it('finds a gradient that is not that of the loss', async () => {
    const detached = ({ policy }: Engine): void => {
      const accumulate = policy.accumulate.bind(policy);
      policy.accumulate = (s, loss, o) =>
        accumulate(
          s.map((x) => ({ ...x, weights: x.weights.map((w, t) => (t === 0 ? 2 * w : w)) })),
          loss,
          o,
        );
    };
    expect(await check('along the gradient of each parameter', detached)).toMatch(/the loss changes by/);
  });

  it('finds optimizer state that is lost', async () => {
    expect(
      await check('as if never interrupted', ({ policy }) => {
        tensorsOf(policy).importOptimizer = async () => undefined;
      }),
    ).toMatch(/entry \d+ is/);
  });
});

describe('the engine suite', () => {
  it('finds models nobody asked for, and a reference that moves with the policy', async () => {
    const check = (title: string, fault: (engine: Engine) => void): Promise<string | undefined> =>
      verdict(engineConformance, title, fault);
    expect(
      await check('only when asked', (engine) => {
        Object.assign(engine, { critic: engine.policy });
      }),
    ).toMatch(/nobody asked for/);
    expect(
      await check('leaves the others as they are', (engine) => {
        if (engine.reference) Object.assign(engine, { reference: engine.policy });
      }),
    ).toMatch(/reference after the step/);
  });
});

describe('the agreement suite', () => {
  it('passes the reference backend against itself, and finds a gradient entry off by a thousandth', async () => {
    const gradients = (create: () => Promise<ReferenceBackend>): Promise<string | undefined> =>
      backendAgreement(recipeAgreement(create, 1e-6))
        .find((c) => c.title.startsWith('losses, metrics and all gradients agree: tied head, one program'))!
        .run()
        .then(
          () => undefined,
          (error: unknown) => (error as Error).message,
        );
    expect(await gradients(startReference as () => Promise<ReferenceBackend>)).toBeUndefined();
    const faulty = async (): Promise<ReferenceBackend> => {
      const backend = new ReferenceBackend(),
        submit = backend.submit.bind(backend);
      backend.submit = async (program, inputs) => {
        const outputs = await submit(program, inputs),
          gradient = outputs['gradient/model.layers.1.mlp.down_proj.weight'];
        if (gradient)
          backend.write(
            gradient,
            (await backend.read(gradient)).map((x, i) => (i === 7 ? x * 1.001 : x)),
          );
        return outputs;
      };
      return backend;
    };
    expect(await gradients(faulty)).toMatch(/gradient of loss .*: model.layers.1.mlp.down_proj.weight\[7\]/);
  });
});
