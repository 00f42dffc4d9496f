import type { ChosenProvider } from '../../config/resolve.js';
import type { Provider } from '../../plugin/define.js';
import type { Calls } from '../calls.js';
import { guard, type Contract } from '../guard.js';
import { partOfPlugin } from '../part.js';
import { shaped, sync } from '../results.js';
import { notNegative } from '../shapes.js';

/** The contract of what is asked of a provider before it starts. */
const provider: Contract = {
  fields: {},
  methods: { diskBytes: sync(shaped(notNegative), { optional: true }) },
};

/** A chosen provider behind its guard, for the plan. */
export const guardedProvider = ({ plugin, provider: chosen }: ChosenProvider, calls: Calls): Provider =>
  guard<Provider>(provider, chosen, { part: partOfPlugin(plugin, `${chosen.slot} '${chosen.type}'`), calls });
