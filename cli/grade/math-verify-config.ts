import { isObject } from './record.js';

/**
 * The names that Math-Verify gives to settings which the `math` reward has too, so that records written for it are
 * graded as they say. A value is only renamed here; the schema of the reward checks it.
 */
const readers: Readonly<Record<string, (value: unknown) => Readonly<Record<string, unknown>>>> = {
  boxed_match_priority: (value) => ({ boxedPriority: value }),
  strict: (value) => ({ strictVariables: value }),
  allow_set_relation_comp: (value) => ({ inequalityForSet: value }),
  extraction_mode: (value) => ({ firstMatchOnly: value === 'first_match' }),
  // Without a fallback Math-Verify ignores what it cannot read; equal text that cannot be read is rare enough to keep.
  fallback_mode: () => ({}),
  normalization: (value) =>
    isObject(value) && value['malformed_operators'] === false ? { repairPrediction: false } : {},
};

export const mathVerifyNames: readonly string[] = Object.keys(readers);

/** Settings of the `math` reward that an entry of a Math-Verify configuration stands for; undefined for other names. */
export function fromMathVerify(name: string, value: unknown): Readonly<Record<string, unknown>> | undefined {
  return Object.hasOwn(readers, name) ? readers[name]?.(value) : undefined;
}
