import type { Engine, EngineRequest } from '../../contracts/engine.js';
import type { BaseModel } from '../../contracts/model-source.js';
import type { Model } from '../../contracts/model.js';
import type { Sampler } from '../../contracts/sampler.js';
import type { DecoderConfig } from '../../compute/nn/config.js';
import { createRandom } from '../../random.js';
import { requireDefined, type ConformanceCheck } from '../check.js';
import { exampleBase, gradientRecorder } from '../example-model.js';

/** What the suites of engines, models and samplers need to know of an engine under test. */
export interface EngineUnderTest {
  /** Makes an engine for the model and optimizer of the request; every check disposes those it made. */
  readonly create: (request: EngineRequest) => Promise<Engine>;
  /** Largest difference, relative to 1 + |number|, between two ways to compute one number: what rounding costs. */
  readonly tolerance: number;
}

/** A request for the example model with a policy alone; `changes` override parts of it. */
export const exampleRequest = (changes: Partial<EngineRequest> = {}): EngineRequest => ({
  base: exampleBase(),
  optimizer: gradientRecorder,
  critic: false,
  reference: false,
  random: createRandom(5),
  ...changes,
});

/** The engine that a check examines, with its parts; a part that was asked for and is missing fails the check. */
export class EngineFixture {
  private readonly others: Engine[] = [];

  private constructor(
    private readonly test: EngineUnderTest,
    private readonly request: EngineRequest,
    readonly engine: Engine,
  ) {}

  static async create(test: EngineUnderTest, request: EngineRequest): Promise<EngineFixture> {
    return new EngineFixture(test, request, await test.create(request));
  }

  get policy(): Model {
    return this.engine.policy;
  }

  get critic(): Model {
    return requireDefined('the critic', this.engine.critic);
  }

  get reference(): Model {
    return requireDefined('the reference model', this.engine.reference);
  }

  get sampler(): Sampler {
    return this.engine.sampler;
  }

  /** What the models of the engine start from. */
  get base(): BaseModel {
    return this.request.base;
  }

  get config(): DecoderConfig {
    return this.base.config;
  }

  get vocabSize(): number {
    return this.config.vocabSize;
  }

  get tolerance(): number {
    return this.test.tolerance;
  }

  /** Asks for an engine that must be refused. */
  tryCreate(changes: Partial<EngineRequest>): Promise<Engine> {
    return this.test.create(exampleRequest(changes));
  }

  /** Another engine for the same request with `changes`. */
  async createAnother(changes: Partial<EngineRequest> = {}): Promise<Engine> {
    const engine = await this.test.create({ ...this.request, ...changes });
    this.others.push(engine);
    return engine;
  }

  async dispose(): Promise<void> {
    for (const engine of [...this.others, this.engine]) await engine.dispose();
  }
}

/** A check with an engine of its own, made for the example request with `changes` and disposed afterwards. */
export function withEngine(
  test: EngineUnderTest,
  title: string,
  changes: Partial<EngineRequest>,
  body: (fixture: EngineFixture) => Promise<void>,
): ConformanceCheck {
  return {
    title,
    run: async () => {
      const fixture = await EngineFixture.create(test, exampleRequest(changes));
      try {
        await body(fixture);
      } finally {
        await fixture.dispose();
      }
    },
  };
}
