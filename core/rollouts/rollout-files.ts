/** Folder of a run that holds the responses. */
export const rolloutFolder = 'rollouts/';

/**
 * File of the responses of one iteration: `rollouts/000012.train.jsonl.gz`, or `rollouts/000012.evaluation-NAME.jsonl.gz` for a
 * held-out set. Names of sets are a user's text: all but letters, digits, dot, dash and underscore is percent-encoded.
 */
export const rolloutFile = (iteration: number, set?: string): string =>
  `${rolloutFolder}${String(iteration).padStart(6, '0')}.${set === undefined ? 'train' : `evaluation-${encodeName(set)}`}.jsonl.gz`;

const encodeName = (name: string): string =>
  [...new TextEncoder().encode(name)]
    .map((byte) =>
      /[\w.-]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`,
    )
    .join('');
