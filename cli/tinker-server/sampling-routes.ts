import { randomBytes } from 'node:crypto';
import type * as z from 'zod';
import { createSamplingSessionRequest, sampleRequest } from '../../core/tinker/requests.js';
import { Refusal } from '../reward-server/refusal.js';
import { parseAddress } from './checkpoints.js';
import { json, sampled } from './outcome.js';
import { digestOf, Repeats } from './repeats.js';
import { readBody, type Routes } from './route.js';
import { sampleJobOf } from './sample-job.js';
import { savedWeights } from './saved-weights.js';
import { numbered } from './session-routes.js';
import type { Service } from './service.js';
import type { SamplingWeights } from './weights.js';

/** Samples, and the sessions that say from which weights. */
export const samplingRoutes = (service: Service): Routes => ({
  'POST create_sampling_session': async (call) =>
    json(await createSamplingSession(service, await readBody(call, createSamplingSessionRequest))),
  'GET samplers/*': (call) => {
    const { id, path } = service.requireSampler(call.parameters[0] ?? '');
    return json({ sampler_id: id, base_model: service.parts.modelName, model_path: path ?? null });
  },
  'POST asample': async (call) => json(await sample(service, await readBody(call, fullSampleRequest))),
});

/** What newer SDKs may ask for and this server does not do; all of it is off at 0 and null. */
const unsupported = [
  'topk_prompt_logprobs',
  'topk_sample_logprobs',
  'target_prompt_logprobs',
  'prompt_alt_tokens_k',
  'prompt_logprobs_last_n',
] as const;

const fullSampleRequest = sampleRequest.loose();

async function createSamplingSession(
  service: Service,
  body: z.output<typeof createSamplingSessionRequest>,
): Promise<object> {
  const session = service.sessions.require(body.session_id);
  const weights = await weightsOf(service, body);
  const digest = (): string => digestOf('create_sampling_session', [JSON.stringify(body)]);
  return session.repeats.once(numbered('sampling', body.sampling_session_seq_id), digest, () => {
    const { id } = service.openSampler(session.id, weights, body.model_path ?? undefined);
    return { type: 'create_sampling_session', sampling_session_id: id };
  });
}

interface NamedWeights {
  readonly base_model?: string | null | undefined;
  readonly model_path?: string | null | undefined;
}

/** The weights that a request names: those of a checkpoint, or else the base. Throws a {@link Refusal} for others. */
async function weightsOf(service: Service, { base_model, model_path }: NamedWeights): Promise<SamplingWeights> {
  const [base, path] = [base_model ?? undefined, model_path ?? undefined];
  if (base !== undefined) service.requireBase(base);
  if (path !== undefined) return savedWeights(service, parseAddress(path));
  if (base === undefined) throw new Refusal(400, 'one of base_model and model_path is needed', 'model_path');
  return service.weights.baseWeights;
}

/** A sampling session repeats nothing; without one, each request is new. */
const noRepeats = new Repeats<object>();

async function sample(service: Service, body: z.output<typeof fullSampleRequest>): Promise<object> {
  const asked = unsupported.find((name) => Boolean(body[name]));
  if (asked !== undefined) throw new Refusal(400, `${asked} is not supported`, asked);
  const session = body.sampling_session_id ?? undefined;
  const found = session === undefined ? undefined : service.requireSampler(session);
  const weights = found?.weights ?? (await weightsOf(service, body));
  const job = sampleJobOf(body, service.sizes, service.parts.description.tokenizer);
  const number = found === undefined ? undefined : numbered('sample', body.seq_id);
  return (found?.repeats ?? noRepeats).once(
    number,
    () => digestOf('asample', [JSON.stringify(body)]),
    () => {
      if (service.sampler.pending + job.count > service.parts.limits.maxWaitingSamples)
        throw new Refusal(429, 'too many samples wait already: come back later', undefined, { 'retry-after': '1' });
      const result = service.sampler.sample(weights, job).then(sampled);
      const ids = Array.from({ length: job.count }, () => randomBytes(16).toString('hex'));
      return { request_id: service.open(found?.session ?? '', result), sample_sequence_ids: ids };
    },
  );
}
