import { OrzError } from '../../errors.js';

/** `whose` reports the metric: a loss, or a trait of a template. */
export function metricNameTaken(name: string, taken: readonly string[], whose = 'A loss'): OrzError {
  return new OrzError('ORZ_PLUGIN_INVALID', `${whose} reports a metric named "${name}", and that name is taken`, {
    value: name,
    allowed: `any name but ${taken.join(', ')}`,
    origin: `metrics of ${whose.replace('A ', 'a ')}`,
    remedy: 'Rename the metric in the plugin.',
  });
}
