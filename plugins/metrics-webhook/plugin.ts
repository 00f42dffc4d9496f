import process from 'node:process';
import { definePlugin, provide } from '../../core/plugin/define.js';
import { webhookAddress } from './address.js';
import { webhookSettings } from './settings.js';
import { WebhookSink } from './sink.js';

/** Posts what happens in a run as JSON to an address. */
export default definePlugin({
  name: 'metrics-webhook',
  provides: [
    provide('metrics', 'webhook', {
      description: 'Posts each iteration, each evaluation and the end of a run as JSON to an address',
      settings: webhookSettings,
      // A sink that is disposed tells its receiver that a run has ended.
      check: ({ url }) => {
        webhookAddress(url, process.env);
      },
      create: (settings, { platform, events }) => {
        const url = webhookAddress(settings.url, process.env);
        const run = platform.storage.location.split(/[/\\]/).findLast((part) => part !== '') ?? '';
        return new WebhookSink({ url, run, settings }, events);
      },
    }),
  ],
});
