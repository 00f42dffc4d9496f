import { OrzError } from '../../errors.js';
import { formatShape, type Shape } from '../tensor/types.js';

/** An adapter whose rank exceeds that of the weight it changes. */
export const rankTooLarge = (rank: number, weight: string, shape: Shape): OrzError =>
  new OrzError(
    'ORZ_CONFIG_INVALID',
    `An adapter of rank ${rank} is larger than ${weight} of shape ${formatShape(shape)}`,
    {
      value: rank,
      allowed: `at most ${Math.min(...shape)}`,
      origin: 'lora.rank',
      remedy: 'Lower lora.rank, leave this layer out of lora.targets, or train all parameters with lora.rank=0.',
    },
  );

/** More frozen blocks than the model has. */
export const tooManyFrozenBlocks = (blocks: number, layers: number): OrzError =>
  new OrzError('ORZ_CONFIG_INVALID', `${blocks} blocks are to be frozen, the model has ${layers}`, {
    value: blocks,
    allowed: `at most ${layers}`,
    origin: 'frozen.blocks',
    remedy: `Set frozen.blocks to ${layers} or less.`,
  });
