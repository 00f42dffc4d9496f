import { parseSet, type Layer } from '../../../core/config/layers.js';
import { TrainingService } from '../../../cli/browser/worker/training-service.js';
import type { FromWorker, NoGpu, Question, RunRequest } from '../../../cli/browser/messages.js';

export const noGpu: NoGpu = { reason: 'a test', remedy: 'none' };

/** A service in this process, and everything it has posted. */
export interface TestService {
  readonly service: TrainingService;
  readonly posted: FromWorker[];
  /** Those of one kind, in order. */
  of<K extends FromWorker['kind']>(kind: K): Extract<FromWorker, { kind: K }>[];
  /** The answer to a question, or the error in its place. */
  ask(question: Question): Promise<unknown>;
  /** A whole run. */
  train(request: RunRequest): Promise<void>;
}

export function startTestService(
  onPost: (message: FromWorker) => void = () => undefined,
  now = () => performance.now(),
): TestService {
  const posted: FromWorker[] = [];
  const service = new TrainingService({
    post: (message) => {
      posted.push(structuredClone(message));
      onPost(message);
    },
    now,
    date: () => 0,
    findGpu: async () => noGpu,
  });
  const ask = async (question: Question): Promise<unknown> => {
    await service.receive(question);
    const reply = posted.findLast((message) => 'id' in message && message.id === question.id);
    if (reply?.kind === 'answer') return reply.answer;
    return reply?.kind === 'refused' ? reply.error : undefined;
  };
  return {
    service,
    posted,
    ask,
    train: async (request) => {
      await ask({ kind: 'prepare', id: 0, request });
      await service.receive({ kind: 'train' });
    },
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

/** The small run as lines to type, each `path=value`. */
export const smallLines: readonly string[] = Object.entries(smallSettings).map(
  ([path, value]) => `${path}=${String(value)}`,
);

/** A request as the page makes it of a preset and what is typed in. */
export const requestOf = (set: readonly string[], presets: readonly string[] = ['orz-tiny']): RunRequest => ({
  presets,
  layers: [{ label: 'this page', values: { backend: 'reference' } } satisfies Layer, ...set.map(parseSet)],
});

/** The small run, with further settings. */
export const smallRequest = (...more: string[]): RunRequest => requestOf([...smallLines, ...more]);
