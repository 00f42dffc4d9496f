import { createInjectionToken } from '../plugin/injection-token.js';
import type { RunConfig } from './schema.js';

/** The configuration, for what is resolved from the container before there is a run. */
export const configToken = createInjectionToken<RunConfig>('run/config');
