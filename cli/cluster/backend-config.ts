import type { SlotConfig } from '../../core/config/schema.js';
import { longestSequence } from './demands.js';
import type { ClusterSpec } from './spec.js';

/** Keys of SkyRL's configuration with dots, as `--backend-config` takes them. */
export type BackendConfig = Readonly<Record<string, unknown>>;

/**
 * The configuration of SkyRL's FSDP backend for a run. It holds what the API cannot carry: a client may state betas,
 * weight decay and clipping, and FSDP takes only the learning rate of them. Names are those of skyrl 0.4.0,
 * `skyrl/train/config/config.py`; an unknown one stops the server when the policy is created.
 */
export function backendConfig(spec: ClusterSpec): BackendConfig {
  return { ...placement(spec), ...optimizers(spec), ...computation(spec), ...sampling(spec) };
}

/** Everything on all GPUs, in turns: the only form in which SkyRL can sample from a policy without LoRA. */
function placement({ plan: { nodes, gpusPerNode } }: ClusterSpec): BackendConfig {
  return {
    'trainer.placement.colocate_all': true,
    ...ofEach((role) => ({
      [`trainer.placement.${role}_num_nodes`]: nodes,
      [`trainer.placement.${role}_num_gpus_per_node`]: gpusPerNode,
    })),
  };
}

/** The critic's gradient arrives divided by a constant (`core/tinker/critic-scale.ts`), and so is its limit. */
function optimizers({ config, criticScale }: ClusterSpec): BackendConfig {
  const { beta1, beta2, weightDecay } = config.optimizer;
  const limits = { policy: config.maxGradNorm, critic: config.maxGradNorm / criticScale };
  return ofEach((role) => ({
    [`trainer.${role}.optimizer_config.adam_betas`]: [beta1, beta2],
    [`trainer.${role}.optimizer_config.weight_decay`]: weightDecay,
    [`trainer.${role}.optimizer_config.max_grad_norm`]: limits[role],
  }));
}

/**
 * bf16 over f32 master weights. Micro-batches of one sequence: the critic's loss is a mean over them, and only then is
 * it ours.
 */
function computation({ config }: ClusterSpec): BackendConfig {
  return {
    'trainer.seed': config.seed,
    ...ofEach((role) => ({
      [`trainer.${role}.fsdp_config.mixed_precision.param_dtype`]: 'bf16',
      [`trainer.${role}.fsdp_config.mixed_precision.reduce_dtype`]: 'fp32',
      [`trainer.${role}.fsdp_config.mixed_precision.buffer_dtype`]: 'fp32',
    })),
    'trainer.gradient_checkpointing': true,
    'trainer.flash_attn': true,
    'trainer.remove_microbatch_padding': true,
    'trainer.micro_train_batch_size_per_gpu': 1,
    'trainer.micro_forward_batch_size_per_gpu': 1,
    'trainer.max_tokens_per_microbatch': -1,
    'trainer.algorithm.temperature': config.temperature,
    'trainer.algorithm.use_kl_loss': false,
    'trainer.algorithm.use_kl_in_reward': false,
    'trainer.algorithm.use_entropy_loss': false,
    ...valueClip(config.valueLoss),
    'trainer.logger': 'console',
  };
}

const valueClip = ({ valueClipEps }: SlotConfig): BackendConfig =>
  typeof valueClipEps === 'number' ? { 'trainer.algorithm.value_clip': valueClipEps } : {};

/** Stop strings, temperature and limits of a response travel with each request. */
function sampling({ config, plan: { sampling: plan } }: ClusterSpec): BackendConfig {
  const engine = 'generator.inference_engine';
  return {
    [`${engine}.backend`]: 'vllm',
    [`${engine}.num_engines`]: plan.engines,
    [`${engine}.tensor_parallel_size`]: plan.tensorParallel,
    [`${engine}.model_dtype`]: 'bfloat16',
    [`${engine}.gpu_memory_utilization`]: plan.memoryShare,
    [`${engine}.enable_prefix_caching`]: true,
    [`${engine}.weight_sync_backend`]: 'nccl',
    [`${engine}.engine_init_kwargs.max_model_len`]: longestSequence(config),
  };
}

function ofEach(settings: (role: 'policy' | 'critic') => BackendConfig): BackendConfig {
  return { ...settings('policy'), ...settings('critic') };
}
