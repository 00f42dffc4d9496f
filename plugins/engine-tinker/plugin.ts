import { definePlugin, provide } from '../../core/plugin/define.js';
import { createTinkerEngine } from './engine.js';
import { tinkerSettings } from './settings.js';
import { apiKeyIn } from './transport/api-key.js';

/** Models, optimizer and sampler on a cluster, behind the Tinker API. */
export default definePlugin({
  name: 'engine-tinker',
  provides: [
    provide('engine', 'tinker', {
      description: 'Models, optimizer and sampler at a server of the Tinker API: orz-train serve, SkyRL, or a service',
      settings: tinkerSettings,
      create: (settings) => createTinkerEngine(settings, apiKeyIn(process.env)),
    }),
  ],
});
