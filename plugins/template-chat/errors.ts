import { OrzError } from '../../core/errors.js';

/** The model's chat template printed a prompt without a message that it was given; `role` is whose. */
export const messageLeftOut = (role: string, content: string, prompt: string): OrzError =>
  new OrzError('ORZ_TOKENIZER', `The chat template of the model leaves out the message of the ${role}`, {
    value: prompt.slice(0, 200),
    allowed: `a prompt that contains: ${content.slice(0, 200)}`,
    origin: 'chat template of the model',
    remedy:
      role === 'system'
        ? 'Leave out template.system, and write what it says into template.instruction.'
        : 'Use a model whose chat template prints the messages, or train with template=orz',
  });
