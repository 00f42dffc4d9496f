import type { Layer } from '../../../core/config/layers.js';
import type { ResolvedConfig } from '../../../core/config/resolve.js';
import { createRunContainer } from '../../../core/container/run-container.js';
import type { RunEvents } from '../../../core/contracts/run-events.js';
import { createRandom } from '../../../core/random.js';
import { chatTemplateSettings } from '../../../plugins/template-chat/plugin.js';
import type { GatheredConfig } from '../../config/gather.js';
import { resolveAlone, type ModelFlags } from '../../model/open-model.js';
import { createNodePlatform } from '../../platform/node-platform.js';
import { openServedAnswerer, type ServedAnswerer, type ServedOptions } from './answerer.js';
import { notForMessages } from './errors.js';
import { apiOf, concurrencyOf, deadlineOf, type ServedFlags } from './options.js';
import type { ServedPrompt } from './prompt.js';

/** A server's model and the configuration that says how it is asked. */
export interface OpenedServer extends Pick<GatheredConfig, 'resolved' | 'registry' | 'plugins'> {
  readonly answerer: ServedAnswerer;
}

interface Listeners extends Pick<ServedOptions, 'onClose'> {
  readonly events: RunEvents;
}

type Flags = ServedFlags & Pick<ModelFlags, 'template' | 'seed' | 'set' | 'file'>;

/**
 * Opens the server that the flags name. Throws ORZ_USAGE and ORZ_CONFIG_* for flags and settings that will not do, and
 * what {@link openServedAnswerer} does.
 */
export async function openServed(
  url: string,
  flags: Flags,
  { events, onClose }: Listeners,
  signal: AbortSignal,
): Promise<OpenedServer> {
  const { system, servedModel, apiKeyEnv, set = [] } = flags;
  const api = apiOf(flags);
  const [concurrency, deadlineMs] = [concurrencyOf(flags), deadlineOf(flags)];
  const template = api === 'chat' ? 'chat' : flags.template;
  const label: Layer = { label: '--url', values: { model: { type: 'huggingface', path: url } } };
  const asked = {
    set,
    file: flags.file,
    ...(flags.seed !== undefined && { seed: flags.seed }),
    ...(template !== undefined && { template }),
  };
  const { registry, resolved, plugins } = await resolveAlone(label, asked);
  const prompt = await promptOf(api, resolved, events, system);
  const answerer = await openServedAnswerer(
    {
      ...{ url, prompt, concurrency, deadlineMs, seed: resolved.config.seed },
      model: servedModel,
      keyVariable: apiKeyEnv,
      environment: process.env,
      onClose,
      onTrouble: (message) => {
        events.log('warn', message);
      },
    },
    signal,
  );
  return { answerer, resolved, registry, plugins };
}

/** The template of the configuration as what is sent. */
async function promptOf(
  api: ServedPrompt['api'],
  resolved: ResolvedConfig,
  events: RunEvents,
  system: string | undefined,
): Promise<ServedPrompt> {
  if (api === 'chat') {
    const { type: _, ...settings } = resolved.config.template;
    const { instruction, prefill, variables, system: configured } = chatTemplateSettings.parse(settings);
    if (prefill !== '') throw notForMessages('template.prefill', prefill);
    if (Object.keys(variables).length > 0) throw notForMessages('template.variables', variables);
    return { api, system: system ?? configured, instruction };
  }
  const random = createRandom(resolved.config.seed);
  const platform = createNodePlatform('.');
  const container = await createRunContainer({ resolved, platform, events, random, only: ['template'] });
  try {
    return { api, template: container.get('template') };
  } finally {
    await container.dispose();
  }
}
