/**
 * The prompt of Open-Reasoner-Zero, character by character as its released code renders it
 * (`playground/zero_setting_base.py`, commit 3fdd9a0; training and evaluation share it). The wording is a fact of the
 * recipe: a model trained with another prompt is another experiment. The paper's Table 1 differs (no lead-in line,
 * other tag sentences); the code is followed.
 *
 * The prompt ends with the opening think tag and nothing after it, so a response starts inside the think block. The
 * reference puts the tokenizer's BOS text in front, if the tokenizer has one (Qwen2.5 has none). Here the BOS token is
 * the business of whoever encodes the prompt, so that it is added once and as an id; it is not part of this text.
 */
const beforeProblem = [
  'A conversation between User and Assistant. The User asks a question, and the Assistant solves it. ' +
    'The Assistant first thinks about the reasoning process in the mind and then provides the User with the answer. ',
  'The reasoning process is enclosed within <think> </think> and answer is enclosed within ' +
    '<answer> </answer> tags, respectively, ' +
    'i.e., <think> reasoning process here </think> <answer> answer here </answer>. ',
  'User: ',
  'You must put your answer inside <answer> </answer> tags, i.e., <answer> answer here </answer>. ' +
    'And your final answer will be extracted automatically by the \\boxed{} tag.\n',
  'This is the problem:\n',
] as const;

const afterProblem = '\nAssistant: <think>';

/**
 * The fixed pieces of the prompt in order; the problem goes before the last one. A tokenizer made for this template can
 * give each piece one token, as that of `orz-tiny` does, and keep the exact text at the price of six tokens.
 */
export const orzTemplatePieces: readonly string[] = [...beforeProblem, afterProblem];

/** The prompt for a problem, whose text is inserted as it is. */
export const renderOrzPrompt = (problemText: string): string => beforeProblem.join('') + problemText + afterProblem;

/**
 * Texts that end a response: the closing answer tag, or a role word that would start another turn (released code,
 * `stop`).
 */
export const orzStopStrings: readonly string[] = ['User:', 'Human:', 'Assistant:', '</answer>'];
