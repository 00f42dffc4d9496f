import type { DecoderConfig } from '../../core/compute/nn/config.js';
import { parameterChoices, type RunConfig } from '../../core/config/schema.js';
import { notServable } from './errors.js';

/** The epsilon of AdamW in SkyRL 0.4.0, PyTorch's default: nothing sets another (`fsdp_strategy.py`). */
const skyrlEpsilon = 1e-8;

interface Model {
  readonly architecture: DecoderConfig;
  /** Whether a KL term asks for a reference model. */
  readonly reference: boolean;
}

/**
 * Throws ORZ_CAPABILITY, naming all of them, if a run has settings that SkyRL's FSDP backend would silently not honour
 * or cannot serve.
 */
export function requireServable(config: RunConfig, model: Model): void {
  const problems = unservable(config, model);
  if (problems.length > 0) throw notServable(problems);
}

/** Whether SkyRL's FSDP backend can serve a run. */
export const isServable = (config: RunConfig, model: Model): boolean => unservable(config, model).length === 0;

function unservable(config: RunConfig, { architecture, reference }: Model): string[] {
  const { model, optimizer } = config;
  const choices = parameterChoices(config);
  return [
    model.type !== 'huggingface' && `model.type ${model.type}: the servers load Hugging Face models`,
    model['revision'] !== undefined && 'model.revision: SkyRL loads the main branch',
    architecture.tieWordEmbeddings &&
      'tied embeddings: FSDP unties the output layer and trains it apart (docs/cluster.md makes an untied copy)',
    longestSequence(config) > architecture.maxPositions &&
      `${longestSequence(config)} tokens of prompt and response: the model has ${architecture.maxPositions} positions`,
    optimizer.type !== 'adamw' && `optimizer.type ${optimizer.type}: SkyRL has AdamW`,
    optimizer.type === 'adamw' &&
      optimizer['epsilon'] !== skyrlEpsilon &&
      `optimizer.epsilon ${String(optimizer['epsilon'])}: SkyRL's AdamW has ${skyrlEpsilon}`,
    config.temperature !== 1 && `temperature ${config.temperature}: responses are scored at 1 only`,
    choices.lora !== undefined && 'lora.rank: these files are for the training of all parameters',
    choices.frozen !== undefined && 'frozen: these files are for the training of all parameters',
    choices.dtypes !== undefined && 'dtypes: SkyRL stores master weights and moments in f32',
    reference && `kl.type ${config.kl.type}: the server has no reference model`,
  ].filter((problem) => problem !== false);
}

/** Tokens of the longest sequence in training or evaluation: what vLLM needs as `max_model_len`. */
export const longestSequence = ({ maxPromptTokens, evaluation, maxResponseTokens }: RunConfig): number =>
  Math.max(maxPromptTokens, evaluation.maxPromptTokens ?? 0) + maxResponseTokens;
