import { OrzError } from '../../errors.js';

export function metricNameTaken(name: string, taken: readonly string[]): OrzError {
  return new OrzError('ORZ_PLUGIN_INVALID', `A loss reports a metric named "${name}", and that name is taken`, {
    value: name,
    allowed: `any name but ${taken.join(', ')}`,
    origin: 'metrics of a loss',
    remedy: 'Rename the metric in the plugin.',
  });
}
