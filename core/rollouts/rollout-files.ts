/** Folder of a run that holds the responses. */
export const rolloutFolder = 'rollouts/';

/**
 * File of the responses of one iteration: `rollouts/000012.train.jsonl.gz`, or
 * `rollouts/000012.evaluation-NAME.jsonl.gz` for a held-out set. Names of sets are a user's text: all but letters,
 * digits, dot, dash and underscore is percent-encoded.
 */
export const rolloutFile = (iteration: number, set?: string): string =>
  `${rolloutFolder}${String(iteration).padStart(6, '0')}.${partOf(set)}.jsonl.gz`;

const partOf = (set?: string): string => (set === undefined ? 'train' : `evaluation-${encodeName(set)}`);

const encodeName = (name: string): string => [...new TextEncoder().encode(name)].map(encodeByte).join('');

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[\w.-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
}
