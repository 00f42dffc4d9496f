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
