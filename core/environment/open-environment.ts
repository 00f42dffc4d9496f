import { environmentPool } from '../boundary/contracts/environments.js';
import { attributing } from '../boundary/guard.js';
import { partOf } from '../boundary/part.js';
import type { RunConfig } from '../config/schema.js';
import type { RunContainer } from '../container/run-container.js';
import type { EnvironmentPool } from '../contracts/environment-pool.js';
import type { Platform } from '../contracts/platform.js';
import type { RunEvents } from '../contracts/run-events.js';
import { environmentUnsupported } from './errors.js';

/** The environment of a run; without a pool responses have one turn. */
export interface OpenEnvironment {
  readonly pool?: EnvironmentPool;
}

/** The parts of a run that an environment needs. */
export interface EnvironmentRequest {
  readonly config: RunConfig;
  /** With the environment started. */
  readonly container: RunContainer;
  readonly platform: Platform;
  readonly events: RunEvents;
}

/** The threads that step the environment of a run; what they answer is checked as the environment's. */
export async function openEnvironment(request: EnvironmentRequest): Promise<OpenEnvironment> {
  const { config, container, platform, events } = request;
  const environment = container.get('environment');
  const { moduleUrl, exportName = 'default', settings } = environment;
  if (moduleUrl === undefined) return {};
  const onIncident = (message: string): void => {
    events.log('warn', message);
  };
  const create = (): Promise<EnvironmentPool> => {
    if (!platform.createEnvironmentPool) throw environmentUnsupported(config.environment.type);
    return platform.createEnvironmentPool({ moduleUrl, exportName, settings }, { ...config.grading, onIncident });
  };
  const part = partOf(environment);
  const pool = await (part === undefined ? create() : attributing({ part, method: 'createEnvironment' }, create));
  return { pool: container.guarded(environmentPool, pool, environment) };
}
