import type { DecoderConfig } from '../../core/compute/nn/config.js';
import type { Optimizer } from '../../core/contracts/optimizer.js';
import type { Extension } from '../../core/tinker/extensions.js';
import type { ServerKind } from './servers.js';
import type { TinkerSettings } from './settings.js';

/** What the parts of one engine share. */
export interface EngineContext {
  readonly kind: ServerKind;
  readonly settings: TinkerSettings;
  readonly config: DecoderConfig;
  readonly optimizer: Optimizer;
}

export const has = ({ kind }: Pick<EngineContext, 'kind'>, extension: Extension): boolean =>
  kind.extensions.includes(extension);
