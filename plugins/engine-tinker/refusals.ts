import type { DecoderConfig } from '../../core/compute/nn/config.js';
import { tryLoss } from '../../core/compute/engine/host-loss.js';
import { loraTargets } from '../../core/compute/nn/lora.js';
import type { EngineDemands, Refusal } from '../../core/contracts/engine.js';
import { isRepositoryName } from '../../core/repository-name.js';
import { isOrzError } from '../../core/errors.js';
import { extensionsVersion } from '../../core/tinker/extensions.js';
import { has } from './context.js';
import type { TrainedScore } from './host-loss.js';
import { serverKindOf, type ServerKind } from './servers.js';
import type { TinkerSettings } from './settings.js';
import type { ServerCapabilities } from './transport/capabilities.js';

/** A limit that no gradient norm of f32 reaches, for servers that do not clip. */
const neverReached = 1e30;

/** LoRA alpha of every server; no request can change it. */
export const serverAlpha = 32;

interface Question {
  readonly demands: EngineDemands;
  readonly settings: TinkerSettings;
  readonly kind: ServerKind;
  readonly server: ServerCapabilities;
  readonly config: DecoderConfig;
}

type Answer = Refusal | false | undefined;

/** What the server of these capabilities would not honour; nothing is started for it. */
export async function refusalsOf(
  demands: EngineDemands,
  settings: TinkerSettings,
  server: ServerCapabilities,
): Promise<Refusal[]> {
  const kind = serverKindOf(settings.server, server.orz);
  if (kind === undefined) return [unnamedServer(server)];
  const { config } = await demands.describe();
  const question = { demands, settings, kind, server, config };
  return [
    ...[baseModel, critic, reference, temperature, tied, losses].flatMap((ask) => ask(question)),
    ...[...context(question), ...optimizer(question), ...adapters(question), ...parameters(question)],
  ].filter((answer) => typeof answer === 'object');
}

const unnamedServer = ({ orz }: ServerCapabilities): Refusal => ({
  path: 'engine.server',
  allowed:
    orz === undefined
      ? 'what the server is, since it does not say that it is orz-train serve'
      : `a server with version ${extensionsVersion} of our extensions; this one has ${orz.version}`,
  remedy: 'Name it: engine.server=skyrl-fsdp, skyrl-jax or hosted.',
});

/** SkyRL makes its own model whatever is asked for, so that the name must be right. */
function baseModel({ demands, settings, server }: Question): Answer {
  const wanted = settings.baseModel ?? demands.modelName;
  if (servedName(server, wanted) !== undefined) return false;
  const names = server.models.map(({ name }) => name);
  return {
    path: settings.baseModel === undefined ? 'model' : 'engine.baseModel',
    value: wanted,
    allowed: `what the server has: ${names.join(', ') || 'it names none'}`,
    remedy: 'Start the server with this model, or set engine.baseModel to the name it uses for the same weights.',
  };
}

/** A longer prompt is refused when it comes: maxPromptTokens is only a bound. */
function* context({ demands, settings, server }: Question): Generator<Answer> {
  const limit = contextOf(server, settings.baseModel ?? demands.modelName);
  if (limit === undefined) return;
  const { sampling, evaluationSets } = demands;
  const asked: readonly (readonly [path: string, maxResponseTokens: number])[] = [
    ['maxResponseTokens', sampling.maxResponseTokens],
    ...Object.entries(evaluationSets).map(
      ([set, { maxResponseTokens }]) => [`evaluation.sets.${set}.maxResponseTokens`, maxResponseTokens] as const,
    ),
  ];
  for (const [path, maxResponseTokens] of asked)
    // A set without a limit of its own has that of training, which is refused already.
    if (
      maxResponseTokens >= limit &&
      (path === 'maxResponseTokens' || maxResponseTokens !== sampling.maxResponseTokens)
    )
      yield {
        path,
        allowed: `less than the server's context of ${limit} tokens, prompt included`,
        remedy: `Start the server with a longer context, or lower ${path}.`,
      };
}

/** Tokens of prompt and response that the server can hold; undefined if it does not say. */
export const contextOf = ({ models }: Pick<ServerCapabilities, 'models'>, model: string): number | undefined =>
  models.find(({ name }) => name === servedName({ models }, model))?.maxContext;

/** What the server calls a model: its name, or of a folder the path or its last part. */
export function servedName({ models }: Pick<ServerCapabilities, 'models'>, wanted: string): string | undefined {
  const folder = isRepositoryName(wanted) ? wanted : wanted.split('/').findLast((part) => part !== '');
  return models.find(({ name }) => name === wanted || name === folder)?.name;
}

const critic = ({ demands, kind }: Question): Answer =>
  demands.roles.includes('critic') &&
  kind.criticReduction === 'none' && {
    path: 'advantage',
    allowed: `an advantage without a critic: ${kind.name} has none`,
    remedy: 'Use SkyRL on FSDP or orz-train serve, or set advantage=group and criticUpdateSteps=0.',
  };

const reference = (question: Question): Answer =>
  question.demands.roles.includes('reference') &&
  !has(question, 'reference') && {
    path: 'kl',
    allowed: `a kl without a reference model: ${question.kind.name} has none`,
    remedy: 'Use orz-train serve, or set kl=none.',
  };

/** Elsewhere log-probabilities are at temperature 1 whatever was sampled. */
const temperature = (question: Question): Answer =>
  question.demands.sampling.temperature !== 1 &&
  !has(question, 'temperature') && {
    path: 'temperature',
    allowed: `1: ${question.kind.name} scores responses at no other temperature`,
    remedy: 'Set temperature=1.',
  };

const tied = ({ kind, config, settings }: Question): Answer =>
  config.tieWordEmbeddings &&
  !kind.tiedEmbeddings && {
    path: settings.baseModel === undefined ? 'model' : 'engine.baseModel',
    allowed: `a model with an output layer of its own: ${kind.name} unties the embedding and trains both`,
    remedy: 'Train an untied copy, which docs/cluster.md says how to make, or another model.',
  };

/** Servers give no entropies, so that no loss can read them. */
function losses({ demands }: Question): Refusal[] {
  const scores = { policy: 'logprobs', critic: 'values' } as const satisfies Record<string, TrainedScore>;
  return (['policy', 'critic'] as const).flatMap((role) => {
    const loss = demands.losses[role];
    if (loss === undefined) return [];
    try {
      tryLoss(loss, [scores[role]]);
      return [];
    } catch (error) {
      if (!isOrzError(error) || error.code !== 'ORZ_CAPABILITY') throw error;
      const path = role === 'policy' ? 'policyLoss' : 'valueLoss';
      const allowed = `a loss of ${scores[role]} alone: ${error.message}`;
      return [{ path, allowed, remedy: 'Use a loss that does not read it, or engine=local.' }];
    }
  });
}

function* optimizer({ demands, kind, settings }: Question): Generator<Answer> {
  const { name, settings: given } = demands.optimizer;
  if (name !== 'adamw') {
    yield { path: 'optimizer', value: name, allowed: 'adamw', remedy: 'Set optimizer=adamw.' };
    return;
  }
  if (kind.clipping === 'never' && demands.maxGradNorm < neverReached)
    yield {
      path: 'maxGradNorm',
      allowed: `no limit that is ever reached: ${kind.name} does not clip gradients`,
      remedy: 'Set maxGradNorm=1e30.',
    };
  if (kind.optimizer !== 'start') return;
  const started = settings.startedWith;
  if (started === undefined) {
    yield {
      path: 'engine.startedWith',
      allowed: 'what the server was started with: it takes optimizer settings only then, and tells nobody',
      remedy: 'Use the configuration that orz-train cluster writes beside the scripts that start the server.',
    };
    return;
  }
  const { maxGradNorm, ...adam } = started;
  for (const [key, value] of Object.entries(adam))
    if (given[key] !== value) yield startedOtherwise(`optimizer.${key}`, value);
  if (demands.maxGradNorm !== maxGradNorm) yield startedOtherwise('maxGradNorm', maxGradNorm);
}

const startedOtherwise = (path: string, value: number): Refusal => ({
  path,
  allowed: `${value}, which the server was started with`,
  remedy: `Set it to ${value}, or start the server with files that orz-train cluster writes for this configuration.`,
});

/** A server stores all numbers in a way of its own and trains all parts; the protocol says nothing of either. */
function* parameters({ demands: { dtypes, frozen } }: Question): Generator<Answer> {
  const leaveOut = (path: string, allowed: string): Refusal => ({ path, allowed, remedy: `Leave ${path} out.` });
  if (dtypes?.weights === 'bf16') yield leaveOut('dtypes.weights', 'f32: a server decides how it stores weights');
  if (dtypes?.moments === 'bf16') yield leaveOut('dtypes.moments', 'f32: a server decides how it stores moments');
  if (frozen?.embedding === true) yield leaveOut('frozen.embedding', 'false: a server trains all parts of a model');
  if (frozen !== undefined && frozen.blocks > 0)
    yield leaveOut('frozen.blocks', '0: a server trains all parts of a model');
}

function* adapters({ demands, kind }: Question): Generator<Answer> {
  const { lora } = demands;
  if (lora === undefined) {
    if (!kind.fullParameters)
      yield {
        path: 'lora.rank',
        allowed: `at least 1: ${kind.name} trains adapters only`,
        remedy: 'Set lora.rank=32.',
      };
    return;
  }
  if (lora.alpha !== serverAlpha)
    yield {
      path: 'lora.alpha',
      allowed: `${serverAlpha}, as on every server`,
      remedy: `Set lora.alpha=${serverAlpha}.`,
    };
  if (lora.targets.length !== loraTargets.length)
    yield { path: 'lora.targets', allowed: 'all of them, as on every server', remedy: 'Leave lora.targets out.' };
}
