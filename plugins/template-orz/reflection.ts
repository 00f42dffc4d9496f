/** The five marks of reflection of the ORZ paper (§3.2 and Figure 6); the comma belongs to the mark. */
export const reflectionMarks = ['wait,', 'recheck', 'retry', 'alternatively,', 'however,'] as const;

const pattern = /(?<![\p{L}\p{N}])(?:wait,|recheck|retry|alternatively,|however,)/iu;

/**
 * Whether a response contains at least one mark of reflection. Case does not matter, a mark may go on as a longer word
 * ("rechecking", "retrying"), but it may not start inside one ("await,").
 *
 * The paper counts responses, as this does. Departures from the released `check_reflection_pattern`: that one
 * distinguishes case and so misses every mark at the start of a sentence, counts occurrences, wants a comma or white
 * space after "recheck", and accepts marks inside other words.
 */
export function isReflective(response: string): boolean {
  return pattern.test(response);
}
