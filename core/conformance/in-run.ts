import { Calls } from '../boundary/calls.js';
import { slotContracts } from '../boundary/contracts/slots.js';
import { guard } from '../boundary/guard.js';
import { messageOf } from '../boundary/safe-text.js';
import type { Slot } from '../contracts/contract-tokens.js';
import { isOrzError } from '../errors.js';
import type { ConformanceCheck } from './check.js';
import { notConforming } from './errors.js';

/** As in a run that states no other limits. */
const limits = { hookSeconds: 60, workSeconds: 900 };

/**
 * What a run checks of every call, as a check of the suite: `use` calls the methods of a part that is guarded as in a
 * run. So a suite refuses whatever a run refuses.
 */
export function checkedAsInRun<T extends object>(
  slot: Slot,
  create: () => T | Promise<T>,
  use: (part: T) => Promise<void> | void,
): ConformanceCheck {
  return {
    title: 'passes the checks that a run makes whenever it calls a plugin',
    run: async () => {
      const part = { plugin: 'under test', role: slot };
      try {
        await use(guard<T>(slotContracts[slot], await create(), { part, calls: new Calls(limits) }));
      } catch (error) {
        throw isOrzError(error) && error.code === 'ORZ_PLUGIN_INVALID' ? error : notConforming(messageOf(error));
      }
    },
  };
}
