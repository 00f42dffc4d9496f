import * as z from 'zod';
import type { LoraSettings } from '../../core/compute/nn/lora.js';
import { extensions, extensionsVersion } from '../../core/tinker/extensions.js';
import {
  createModelRequest,
  createSessionRequest,
  modelRequest,
  sessionHeartbeatRequest,
} from '../../core/tinker/requests.js';
import { Refusal } from '../reward-server/refusal.js';
import { done, json } from './outcome.js';
import { digestOf } from './repeats.js';
import { readBody, type Routes } from './route.js';
import type { ServedModel } from './served-model.js';
import type { Service } from './service.js';

/** Who is there, what is served, and models that come and go. */
export const sessionRoutes = (service: Service): Routes => ({
  'GET healthz': () => json({ status: 'ok' }),
  'GET get_server_capabilities': () => json(capabilities(service)),
  // The defaults of the SDK, but for what this server does not do.
  'POST client/config': () => json({ pjwt_auth_enabled: false, proto_compress_fwdbwd: false }),
  'POST client/dynamic_config': () => json({}),
  'POST telemetry': async (call) => {
    await call.bytes();
    return json({ status: 'accepted' });
  },
  'POST create_session': async (call) => {
    await readBody(call, createSessionRequest);
    return json({ type: 'create_session', session_id: service.sessions.create().id });
  },
  'POST session_heartbeat': async (call) => {
    const { session_id } = await readBody(call, sessionHeartbeatRequest);
    service.sessions.require(session_id);
    return json({ type: 'session_heartbeat' });
  },
  'POST sessions/*/finish': async (call) => {
    await call.bytes();
    const { id } = service.sessions.require(call.parameters[0] ?? '');
    service.sessions.end(id);
    return json({});
  },
  'POST create_model': async (call) => json(createModel(service, await readBody(call, createRequest))),
  'POST get_info': async (call) => {
    const { model_id } = await readBody(call, modelRequest);
    return json(infoOf(service, service.model(model_id)));
  },
  'POST unload_model': async (call) => {
    const { model_id } = await readBody(call, modelRequest);
    const model = service.model(model_id);
    const unloaded = service.unload(model).then(() => done({ model_id, status: 'unloaded', type: 'unload_model' }));
    return json({ request_id: service.open(model.session, unloaded), model_id });
  },
});

/** Newer SDKs choose the optimizer with the model. */
const createRequest = createModelRequest.extend({ optimizer_config: z.object({ type: z.string() }).nullish() });

function capabilities({ parts: { modelName, description } }: Service): unknown {
  const model = {
    model_name: modelName,
    max_context_length: description.config.maxPositions,
    trainable: true,
    sampleable: true,
  };
  return { supported_models: [model], orz: { version: extensionsVersion, extensions } };
}

/** The reply to a request for a model, which is made when the device is free. */
function createModel(service: Service, body: z.output<typeof createRequest>): object {
  const session = service.sessions.require(body.session_id);
  service.requireBase(body.base_model);
  const { type: optimizer = 'adamw' } = body.optimizer_config ?? {};
  if (optimizer !== 'adamw') throw new Refusal(400, `the optimizer is adamw, not ${optimizer}`, 'optimizer_config');
  const spec = {
    role: body.model_role ?? 'policy',
    lora: loraOf(body),
    seed: body.lora_config?.seed ?? undefined,
    number: body.model_seq_id ?? undefined,
  };
  const digest = (): string => digestOf('create_model', [JSON.stringify(body)]);
  return session.repeats.once(numbered('model', body.model_seq_id), digest, () => {
    const { model, made } = service.createModel(session, spec);
    const about = { model_id: model.id, base_model: body.base_model, lora_config: body.lora_config, status: 'created' };
    const result = made.then(() => done({ ...about, type: 'create_model' }));
    return { ...about, request_id: service.open(session.id, result) };
  });
}

type LoraBody = Pick<z.output<typeof createModelRequest>, 'lora_config'>;

/** The adapters of a model; absent if all parameters are trained. The output matrix is never adapted. */
function loraOf({ lora_config: lora }: LoraBody): LoraSettings | undefined {
  if (!lora || lora.rank === 0) return undefined;
  const attention = lora.train_attn === false ? [] : (['q_proj', 'k_proj', 'v_proj', 'o_proj'] as const);
  const mlp = lora.train_mlp === false ? [] : (['gate_proj', 'up_proj', 'down_proj'] as const);
  const targets = [...attention, ...mlp];
  if (targets.length === 0) throw new Refusal(400, 'one of train_attn and train_mlp must be true', 'lora_config');
  return { rank: lora.rank, alpha: loraAlpha, targets };
}

/** As on SkyRL, whatever the rank. */
const loraAlpha = 32;

/** The counters of a session for models and for sampling sessions are separate. */
export const numbered = (kind: string, sequence: number | null | undefined): string | undefined =>
  sequence === null || sequence === undefined ? undefined : `${kind} ${sequence}`;

const infoOf = ({ parts: { modelName } }: Service, { id, spec }: ServedModel): unknown => ({
  type: 'get_info',
  model_id: id,
  status: 'created',
  is_lora: spec.lora !== undefined,
  lora_rank: spec.lora?.rank ?? 0,
  model_name: modelName,
  model_data: {
    base_model: modelName,
    model_name: modelName,
    tokenizer_id: modelName,
    lora_config: { rank: spec.lora?.rank ?? 0 },
  },
});
