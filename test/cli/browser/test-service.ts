import { startTrainingService, type TrainingService } from '../../../cli/browser/worker/training-service.js';
import type { FromWorker, NoGpu, RunChoice } from '../../../cli/browser/messages.js';

export const noGpu: NoGpu = { reason: 'a test', remedy: 'none' };

/** A service in this process, and everything it has posted. */
export interface TestService {
  readonly service: TrainingService;
  readonly posted: FromWorker[];
  /** Those of one kind, in order. */
  of<K extends FromWorker['kind']>(kind: K): Extract<FromWorker, { kind: K }>[];
}

export async function startTestService(
  onPost: (message: FromWorker) => void = () => undefined,
  now = () => performance.now(),
): Promise<TestService> {
  const posted: FromWorker[] = [];
  const service = await startTrainingService(
    {
      post: (message) => {
        posted.push(structuredClone(message));
        onPost(message);
      },
      now,
      date: () => 0,
    },
    noGpu,
  );
  return {
    service,
    posted,
    of: (kind) =>
      posted.filter((message): message is Extract<FromWorker, { kind: typeof kind }> => message.kind === kind),
  };
}

/** orz-tiny with everything in it, small enough for plain TypeScript. */
export const smallSettings: Readonly<Record<string, unknown>> = {
  'model.steps': 6,
  'model.warmupSteps': 1,
  'model.tokensPerStep': 128,
  'model.hiddenSize': 12,
  'model.intermediateSize': 16,
  'model.layers': 1,
  iterations: 2,
  rolloutBatchSize: 4,
  samplesPerPrompt: 2,
  maxResponseTokens: 12,
  criticUpdateSteps: 2,
  'evaluation.problems': 6,
  'evaluation.every': 1,
  'evaluation.periodicProblems': 4,
  'checkpoint.every': 1,
  seed: 77,
};

export const smallChoice: RunChoice = {
  preset: 'orz-tiny',
  backend: 'reference',
  set: Object.entries(smallSettings).map(([path, value]) => `${path}=${String(value)}`),
};
