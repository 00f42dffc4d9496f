import { defaultPreset } from '../../config/default-preset.js';
import type { OrzConfig } from '../../define-config.js';
import type { RunRequest } from '../messages.js';

/** The options that say which run continues. */
interface ResumeOptions {
  readonly resume?: Uint8Array;
  readonly force?: boolean;
}

/** The request of a configuration. A run that continues with an empty one keeps its own settings. */
export function requestOf(config: OrzConfig, { resume, force = false }: ResumeOptions): RunRequest {
  const { preset = defaultPreset, ...values } = config;
  const keepsOwn = resume !== undefined && Object.keys(config).length === 0;
  return {
    ...(!keepsOwn && { presets: [preset].flat().map(String) }),
    layers: [{ label: 'configuration', values }],
    ...(resume && { resume: { archive: resume, force } }),
  };
}
