/** Entry of the process that measures; see measure-process.ts. */
import { resolveConfig } from '../../../core/config/resolve.js';
import { messageOf } from '../../../core/boundary/safe-text.js';
import { openRegistry } from '../../config/gather.js';
import type { FromMeasurement, MeasurementRequest } from './measure-process.js';
import { measureSpeed } from './measure-speed.js';

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
        send({ problem: messageOf(error) });
      },
    );
});
