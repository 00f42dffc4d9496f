import { createLocalEngine, localEngineSettings } from '../../core/compute/engine/local-engine.js';
import { definePlugin, provide } from '../../core/plugin/define.js';

/** Models and sampler in this process, over whatever backend the configuration names. */
export default definePlugin({
  name: 'engine-local',
  requires: ['backend'],
  provides: [
    provide('engine', 'local', {
      description: 'Models, optimizer and sampler in this process, over the configured backend',
      settings: localEngineSettings,
      create: (settings, context) => createLocalEngine(settings, context.get('backend')),
    }),
  ],
});
