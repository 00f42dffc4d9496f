import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import {
  loadWeightsRequest,
  saveWeightsForSamplerRequest,
  saveWeightsRequest,
  weightsInfoRequest,
} from '../../core/tinker/requests.js';
import { Refusal } from '../reward-server/refusal.js';
import { addressOf, parseAddress, type CheckpointName } from './checkpoints.js';
import { done, json, type Outcome } from './outcome.js';
import { digestOf } from './repeats.js';
import { readBody, type Routes } from './route.js';
import type { ServedModel } from './served-model.js';
import { numbered } from './session-routes.js';
import { newId } from './sessions.js';
import type { Service } from './service.js';

/** Weights that are kept on disk, and weights that are handed to sampling sessions. */
export const checkpointRoutes = (service: Service): Routes => ({
  'POST save_weights': async (call) => json(submitSave(service, await readBody(call, saveWeightsRequest))),
  'POST save_weights_for_sampler': async (call) =>
    json(submitSaveForSampler(service, await readBody(call, saveWeightsForSamplerRequest))),
  'POST load_weights': async (call) => json(await submitLoad(service, await readBody(call, loadRequest))),
  'POST weights_info': async (call) => {
    const { tinker_path } = await readBody(call, weightsInfoRequest);
    const { base_model, lora } = await service.parts.checkpoints.record(parseAddress(tinker_path));
    return json({ base_model, is_lora: lora !== null, lora_rank: lora?.rank ?? 0 });
  },
  'GET training_runs/*/checkpoints': async ({ parameters: [model = ''] }) =>
    json({ checkpoints: await listed(service, checkedId(model)) }),
  'GET checkpoints': async () => json({ checkpoints: await listed(service) }),
  'DELETE training_runs/*/checkpoints/*/*': async ({ parameters: [model, kind, name] }) => {
    await service.parts.checkpoints.remove(parseAddress(`tinker://${model}/${kind}/${name}`));
    return json({});
  },
});

/** Newer SDKs make a model of a checkpoint with one request, which names a session in place of a model. */
const loadRequest = loadWeightsRequest.extend({
  model_id: z.string().nullish(),
  session_id: z.string().nullish(),
  model_seq_id: z.int().min(0).nullish(),
  base_model: z.string().nullish(),
});

function submitSave(service: Service, body: z.output<typeof saveWeightsRequest>): object {
  const name = { kind: 'weights', name: body.path ?? newId('checkpoint') } as const;
  return submit(service, body, async (model) => {
    const path = await save(service, model, { ...name, model: model.id }, body.overwrite === true);
    return done({ type: 'save_weights', path });
  });
}

function submitSaveForSampler(service: Service, body: z.output<typeof saveWeightsForSamplerRequest>): object {
  return submit(service, body, async (model) => {
    if (model.spec.role !== 'policy')
      throw new Refusal(400, `only a policy can be sampled from, not a ${model.spec.role}`);
    const answer = { type: 'save_weights_for_sampler', path: null, sampling_session_id: null };
    if (body.path === null || body.path === undefined) {
      const { id } = service.openSampler(model.session, model.share());
      return done({ ...answer, sampling_session_id: id });
    }
    const name = { model: model.id, kind: 'sampler_weights', name: body.path } as const;
    return done({ ...answer, path: await save(service, model, name, false) });
  });
}

async function save(service: Service, model: ServedModel, name: CheckpointName, overwrite: boolean): Promise<string> {
  const { checkpoints, modelName } = service.parts;
  const { role, lora = null } = model.spec;
  if (role === 'reference') throw new Refusal(400, 'the reference model is the base model: there is nothing to save');
  const path = addressOf(name);
  if (!overwrite && (await checkpoints.exists(name)))
    throw new Refusal(409, `the checkpoint ${path} exists already: choose another name, or send overwrite`);
  await checkpoints.save(name, model.require(), { base_model: modelName, role, lora });
  return path;
}

/** Into a model at any time, or into a new one. */
async function submitLoad(service: Service, body: z.output<typeof loadRequest>): Promise<object> {
  const name = parseAddress(body.path);
  const [modelId, base] = [body.model_id ?? undefined, body.base_model ?? undefined];
  if (modelId !== undefined)
    return submit(service, { ...body, model_id: modelId }, (model) => load(service, model, name, body.optimizer));
  const session = service.sessions.require(body.session_id ?? '');
  if (base !== undefined) service.requireBase(base);
  const { role, lora } = await service.parts.checkpoints.record(name);
  const digest = (): string => digestOf('load_weights', [JSON.stringify(body)]);
  const number = body.model_seq_id ?? undefined;
  return session.repeats.once(numbered('model', number), digest, () => {
    const { model, made } = service.createModel(session, { role, lora: lora ?? undefined, seed: undefined, number });
    const work = made.then(() => service.device.run(() => load(service, model, name, body.optimizer)));
    return { request_id: service.open(session.id, work), model_id: model.id };
  });
}

async function load(service: Service, model: ServedModel, name: CheckpointName, optimizer: boolean): Promise<Outcome> {
  const { checkpoints } = service.parts;
  const { role, lora } = await checkpoints.record(name);
  if (role !== model.spec.role || !isDeepStrictEqual(lora, model.spec.lora ?? null))
    throw new Refusal(400, `${addressOf(name)} is a ${role} of rank ${lora?.rank ?? 0}, which this model is not`);
  const weights = await checkpoints.weights(name, role);
  const local = await model.replaceable();
  try {
    // Adapters travel as optimizer state; their weights are those of the base.
    if (lora === null) await local.tensors.importWeights(weights);
    if (lora !== null || optimizer) await local.tensors.importOptimizer(checkpoints.optimizer(name));
    if (!optimizer) local.tensors.resetOptimizer();
  } catch (error) {
    // It may have some of the old numbers and some of the new.
    service.discard(model);
    throw error;
  }
  return done({ type: 'load_weights', path: addressOf(name), model_id: model.id });
}

interface ModelBody {
  readonly model_id: string;
  readonly seq_id?: number | null | undefined;
}

function submit(service: Service, body: ModelBody, work: (model: ServedModel) => Promise<Outcome>): object {
  const model = service.model(body.model_id);
  const digest = (): string => digestOf('checkpoint', [JSON.stringify(body)]);
  return service.submit(model, { sequence: body.seq_id ?? undefined, digest, bytes: 1000 }, () => work(model));
}

function checkedId(model: string): string {
  if (/^[a-zA-Z0-9_-]{1,255}$/.test(model)) return model;
  throw new Refusal(404, 'there is no such training run');
}

async function listed({ parts: { checkpoints } }: Service, model?: string): Promise<unknown[]> {
  const found = await checkpoints.list(model);
  return found.map(({ name, record }) => ({
    checkpoint_id: `${name.kind}/${name.name}`,
    checkpoint_type: name.kind === 'weights' ? 'training' : 'sampler',
    tinker_path: addressOf(name),
    time: record.time,
    size_bytes: record.size_bytes,
    public: false,
  }));
}
