import type * as z from 'zod';
import { zip } from '../../core/arrays.js';
import { gradNormMetric, learningRateMetric } from '../../core/tinker/extensions.js';
import { decodeForwardBackwardRequest, protobufType, type ForwardBackwardRequest } from '../../core/tinker/protobuf.js';
import { optimStepRequest } from '../../core/tinker/requests.js';
import { bytesOf } from '../../core/tinker/wire-arrays.js';
import { Refusal } from '../reward-server/refusal.js';
import { sequenceOf, trainingSequenceOf } from './datum.js';
import { readForwardBackwardJson } from './forward-backward-json.js';
import { lossFunction, type LossFunction } from './losses.js';
import { done, json, scored, type Outcome } from './outcome.js';
import { digestOf } from './repeats.js';
import { readBody, type Call, type Routes } from './route.js';
import { outputType, tokenOutputs, type ServedModel } from './served-model.js';
import type { Service } from './service.js';

/** Scores, gradients and steps. */
export const trainingRoutes = (service: Service): Routes => ({
  'POST forward_backward': async (call) => json(submitPass(service, await readPass(call, false))),
  'POST forward': async (call) => json(submitPass(service, await readPass(call, true))),
  'POST optim_step': async (call) => json(submitStep(service, await readBody(call, optimStepRequest))),
});

/** SDKs up to 0.24 send JSON, and have a path of its own for a forward pass. */
async function readPass(call: Call, isForward: boolean): Promise<ForwardBackwardRequest> {
  const bytes = await call.bytes();
  const isProtobuf = call.headers['content-type']?.startsWith(protobufType) === true;
  const request = isProtobuf ? readProtobuf(bytes) : readForwardBackwardJson(bytes, isForward);
  return isForward ? { ...request, isForwardOnly: true } : request;
}

function readProtobuf(bytes: Uint8Array): ForwardBackwardRequest {
  try {
    return decodeForwardBackwardRequest(bytes);
  } catch (error) {
    throw new Refusal(400, (error as Error).message, 'body');
  }
}

function submitPass(service: Service, request: ForwardBackwardRequest): object {
  const model = service.model(request.modelId);
  const sequence = request.seqId === 0 ? undefined : request.seqId;
  return service.attempt(model, sequence, () => {
    const work = request.isForwardOnly ? forwardWork(service, model, request) : gradientWork(service, model, request);
    return service.submit(model, { sequence, digest: () => digestOfPass(request), bytes: bytesOfPass(request) }, work);
  });
}

function forwardWork(service: Service, model: ServedModel, request: ForwardBackwardRequest): () => Promise<Outcome> {
  const { role } = model.spec;
  const loss = lossOf(request, role === 'reference' ? 'policy' : role);
  const sequences = request.data.map((datum, i) => {
    const sequence = sequenceOf(datum, i, service.sizes);
    const weights =
      loss.name === 'cross_entropy' ? trainingSequenceOf(datum, i, loss.with(service)).weights : undefined;
    return { ...sequence, ...(weights && { weights }) };
  });
  requireData(sequences);
  // Not the request itself, whose arrays would be kept until then.
  const [pass, { name }] = [passOf(service, request), loss];
  return async () => {
    const scores = await model.forward(sequences, pass);
    const outputs = tokenOutputs(name, sequences, scores);
    const entropies = scores.map(({ entropy }) => ({ ...(entropy && { entropy }) }));
    return scored({
      type: outputType(name),
      outputs: [...zip(outputs, entropies)].map(([output, entropy]) => ({ ...output, ...entropy })),
      metrics: lossSum(outputs),
    });
  };
}

/** The loss of a forward pass, for the loss that gives it per token. */
function lossSum(outputs: readonly Readonly<Record<string, ArrayLike<number>>>[]): Record<string, number> {
  const losses = outputs.flatMap(({ elementwise_loss: each }) => (each === undefined ? [] : Array.from(each)));
  return losses.length === 0 ? {} : { 'loss:sum': losses.reduce((sum, loss) => sum + loss, 0) };
}

function gradientWork(service: Service, model: ServedModel, request: ForwardBackwardRequest): () => Promise<Outcome> {
  if (model.spec.role === 'reference') throw new Refusal(400, 'the reference model is frozen: only forward works');
  const { name, loss, ...found } = lossOf(request, model.spec.role);
  const sequences = request.data.map((datum, i) => trainingSequenceOf(datum, i, found.with(service)));
  requireData(sequences);
  const pass = {
    ...passOf(service, request),
    lossName: name,
    loss: loss.create(request.lossFnConfig, service.parts.losses),
    isSequenceMean: loss.isSequenceMean === true,
    wantsScores: request.lossFnConfig['scores'] !== 0,
  };
  return async () => scored(await model.forwardBackward(sequences, pass));
}

/** A critic is scored whatever the loss: clients name one that they use for policies. */
function lossOf({ lossFn, lossFnConfig, isForwardOnly }: ForwardBackwardRequest, role: 'policy' | 'critic') {
  const isScore = isForwardOnly && role === 'critic' && lossFn === 'cross_entropy';
  const loss: LossFunction = lossFunction(lossFn, isScore ? 'policy' : role, lossFnConfig);
  return { name: lossFn, loss, with: ({ sizes }: Service) => ({ sizes, loss }) };
}

function passOf({ device }: Service, { lossFnConfig }: ForwardBackwardRequest) {
  const { temperature = 1 } = lossFnConfig;
  if (temperature > 0) return { temperature, signal: device.signal };
  throw new Refusal(422, 'loss_fn_config.temperature must be above 0', 'loss_fn_config');
}

function requireData(data: readonly unknown[]): void {
  if (data.length === 0) throw new Refusal(400, 'data is empty', 'data');
}

/** Of what is in the message, since one that is sent again may have its fields in another order. */
function digestOfPass({ lossFn, lossFnConfig, isForwardOnly, data }: ForwardBackwardRequest): string {
  const sorted = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  const head = JSON.stringify([lossFn, sorted(lossFnConfig), isForwardOnly]);
  const arrays = data.flatMap(({ tokens, inputs }) => [
    bytesOf(tokens),
    ...sorted(inputs).flatMap(([name, array]) => [name, bytesOf(array)]),
  ]);
  return digestOf('forward_backward', [head, ...arrays]);
}

/** Sequences are made of the arrays of the message, which are let go: about twice their size for a moment. */
const bytesOfPass = ({ data }: ForwardBackwardRequest): number =>
  data.reduce(
    (total, { tokens, inputs }) =>
      total + tokens.byteLength + Object.values(inputs).reduce((n, { byteLength }) => n + byteLength, 200),
    0,
  );

function submitStep(service: Service, body: z.output<typeof optimStepRequest>): object {
  const model = service.model(body.model_id);
  const sequence = body.seq_id ?? undefined;
  const { learning_rate: learningRate, grad_clip_norm: norm, beta1, beta2, eps, weight_decay } = body.adam_params;
  const digest = (): string => digestOf('optim_step', [JSON.stringify(body)]);
  return service.attempt(model, sequence, () => {
    const optimizer = service.parts.adam({ beta1, beta2, epsilon: eps, weightDecay: weight_decay });
    const request = { optimizer, learningRate, maxGradNorm: norm === 0 ? Infinity : norm };
    return service.submit(model, { sequence, digest, bytes: 1000 }, async () => {
      const { gradNorm } = await model.step(request);
      return done({ metrics: { [gradNormMetric]: gradNorm, [learningRateMetric]: learningRate } });
    });
  });
}
