import type { Template } from '../../core/contracts/problems.js';

/** The trait of a template that says whether a response has its form. */
const formTrait = 'formatShare';

/** Whether a response has the form that the template asks for; undefined where it asks for none. */
export function formOf({ traits }: Template): ((text: string) => boolean) | undefined {
  const form = traits?.find(({ shareMetric }) => shareMetric === formTrait);
  return form && ((text) => form.holds(text));
}
