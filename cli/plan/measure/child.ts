/** Entry of the process that measures; see measure-process.ts. */
import { resolveConfig } from '../../../core/config/resolve.js';
import { messageOf } from '../../../core/boundary/safe-text.js';
import { isOrzError } from '../../../core/errors.js';
import { packError } from '../../run/messages.js';
import { openRegistry } from '../../config/gather.js';
import type { FromMeasurement, MeasurementRequest } from './measure-process.js';
import { measureSpeed } from './measure-speed.js';

/** Of what the run builds with the same plugins; all else may be for want of memory or time. */
const faults = /^ORZ_(PLUGIN_|GRAPH_|CAPABILITY$)/;

process.once('disconnect', () => {
  process.exit();
});
process.once('message', ({ layers, plugins, request }: MeasurementRequest) => {
  const send = (message: FromMeasurement): void => {
    process.send?.(message, () => {
      process.disconnect();
    });
  };
  openRegistry(plugins)
    .then((registry) => resolveConfig(layers, registry))
    .then((resolved) => measureSpeed({ resolved, request }))
    .then(
      (measured) => {
        send({ measured });
      },
      (error: unknown) => {
        const isFault = isOrzError(error) && faults.test(error.code);
        send(isFault ? { fault: packError(error) } : { problem: messageOf(error) });
      },
    );
});
