import type { RewardModule } from '../../core/contracts/reward.js';
import type { Platform } from '../../core/contracts/platform.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { knownKeys } from '../../core/config/describe.js';
import type { ChosenProvider, ResolvedConfig } from '../../core/config/resolve.js';
import { validate } from '../../core/config/validate.js';
import { createRunContainer } from '../../core/container/run-container.js';
import { createRandom } from '../../core/random.js';
import { gatherConfig, type GatheredConfig } from '../config/gather.js';
import { originOfPlugin } from '../config/plugin-origin.js';
import { unknownConfigName } from './errors.js';
import { fromMathVerify, mathVerifyNames } from './math-verify-config.js';
import type { GradeRecord } from './record.js';

/** How a command says which reward grades. */
export interface RewardFlags {
  /** False where configuration files are ignored. */
  readonly config?: string | false;
  /** Type of the reward; default: that of the configuration. */
  readonly reward?: string;
  /** `name=value` for settings of the reward; `reward.name=value` means the same. */
  readonly set?: readonly string[];
}

export type RewardSettings = Readonly<Record<string, unknown>>;

/** The reward that a command grades with, known by its registration: where its module is and which settings it has. */
export interface OpenedReward {
  readonly name: string;
  /** Name and version, for example `math 0.1.0`. */
  readonly verifier: string;
  /** Time limit of one record, in milliseconds. */
  readonly timeoutMs: number;
  /** Checked settings for a record of this form; throws ORZ_DATA_MALFORMED or ORZ_CONFIG_INVALID for its `config`. */
  settingsFor(form: GradeRecord['form'], config?: RewardSettings): RewardSettings;
  /** Starts the provider with these settings and returns where grading threads find the reward. */
  moduleFor(settings: RewardSettings): Promise<RewardModule>;
}

/** The reward of the configuration and the flags. Throws as resolving a configuration does. */
export async function openReward(flags: RewardFlags, platform: Platform, events: RunEvents): Promise<OpenedReward> {
  const gathered = await gatherConfig(configFlags(flags), process.cwd());
  const { resolved } = gathered;
  const chosen = chosenReward(resolved);
  const variants = { chat: chatSettings(chosen, resolved), response: chosen.settings };
  return {
    name: chosen.provider.type,
    verifier: `${chosen.provider.type} ${versionOf(chosen, gathered)}`.trim(),
    timeoutMs: resolved.config.grading.timeoutMs,
    settingsFor: (form, config) => (config === undefined ? variants[form] : withConfig(chosen, variants[form], config)),
    moduleFor: async (settings) => {
      const slots = new Map(resolved.slots).set('reward', { ...chosen, settings });
      const random = createRandom(resolved.config.seed);
      const container = await createRunContainer({
        resolved: { ...resolved, slots },
        platform,
        events,
        random,
        only: ['reward'],
      });
      return container.get('reward');
    },
  };
}

function configFlags({ config, reward, set = [] }: RewardFlags) {
  return {
    ...(config !== undefined && { config }),
    set: [
      ...(reward === undefined ? [] : [`reward=${JSON.stringify(reward)}`]),
      ...set.map((entry) => (entry.startsWith('reward.') ? entry : `reward.${entry}`)),
    ],
  };
}

function chosenReward({ slots }: ResolvedConfig): ChosenProvider {
  const chosen = slots.get('reward');
  if (chosen === undefined) throw new TypeError('a resolved configuration has a reward');
  return chosen;
}

/**
 * An ordinary chat answer has no answer tags. A reward that knows `extraction: 'anywhere'` looks for the answer in the
 * whole text then, unless somebody chose otherwise.
 */
function chatSettings({ provider, settings }: ChosenProvider, { origins }: ResolvedConfig): RewardSettings {
  if (origins.get('reward.extraction')?.startsWith('default') !== true) return settings;
  const anywhere = { ...settings, extraction: 'anywhere' };
  return provider.settings.safeParse(anywhere).success ? anywhere : settings;
}

/** Version of the plugin of a provider; empty if it has none. */
export function versionOf(
  { plugin }: Pick<ChosenProvider, 'plugin'>,
  { registry, plugins }: Pick<GatheredConfig, 'registry' | 'plugins'>,
): string {
  // The user's plugins come last, in the order of the configuration.
  const own = registry.names.slice(registry.names.length - plugins.length);
  const index = own.indexOf(plugin.name);
  return originOfPlugin(plugin, index < 0 ? undefined : plugins[index], process.cwd()).version ?? '';
}

/** `base` with the changes of one record, in the names of the reward or in those of Math-Verify. */
function withConfig({ provider }: ChosenProvider, base: RewardSettings, config: RewardSettings): RewardSettings {
  const known = knownKeys(provider.settings, []) ?? [];
  const changes = Object.entries(config).map(([name, value]) => {
    const change = known.includes(name) ? { [name]: value } : fromMathVerify(name, value);
    if (change === undefined) throw unknownConfigName(name, [...known, ...mathVerifyNames]);
    return change;
  });
  const origins = new Map(changes.flatMap((change) => Object.keys(change).map((name) => [`config.${name}`, 'config'])));
  return validate(provider.settings, Object.assign({}, base, ...changes) as object, { prefix: 'config', origins });
}
