import type { ResolvedConfig } from '../../../core/config/resolve.js';
import { createRunContainer } from '../../../core/container/run-container.js';
import type { Platform } from '../../../core/contracts/platform.js';
import { planRun } from '../../../core/plan/plan.js';
import type { Registry } from '../../../core/plugin/registry.js';
import { createRandom } from '../../../core/random.js';
import { silentEvents } from '../../../core/silent-events.js';
import type { PlannedRun } from '../messages.js';

/** Plans a run before anything is loaded. The model describes itself on the backend that needs no device. */
export async function planInBrowser(
  resolved: ResolvedConfig,
  registry: Registry,
  platform: Platform,
): Promise<PlannedRun> {
  const { config } = resolved;
  const random = createRandom(config.seed);
  const backend = { ...(await registry.find('backend', 'reference')), settings: {} };
  const parts = await createRunContainer({
    resolved: { ...resolved, slots: new Map([...resolved.slots, ['backend', backend]]) },
    platform,
    events: silentEvents,
    random,
    only: ['advantage', 'kl', 'optimizer', 'model'],
  });
  try {
    const model = await parts
      .get('model')
      .describe({ random, events: silentEvents, signal: new AbortController().signal });
    const plan = planRun({
      config,
      architecture: model.config,
      critic: parts.get('advantage').needsCritic,
      reference: parts.get('kl').needsReference,
      optimizerStates: parts.get('optimizer').state.length,
    });
    return { plan, config };
  } finally {
    await parts.dispose();
  }
}
