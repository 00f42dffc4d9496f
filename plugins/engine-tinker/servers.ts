import type { Announcement, Extension } from '../../core/tinker/extensions.js';
import { extensionsVersion } from '../../core/tinker/extensions.js';

/** Servers of the Tinker API, which differ in what they honour and how they average. */
export const serverNames = ['orz', 'skyrl-fsdp', 'skyrl-jax', 'hosted'] as const;

export type ServerName = (typeof serverNames)[number];

/** How a server treats what the API leaves open. Measured or read in the source, see docs/cluster.md. */
export interface ServerKind {
  readonly name: ServerName;
  /**
   * `sum`: Σ w·ℓ over all tokens since the last step. `sequence-mean`: of B sequences since then, the mean of their
   * Σ w·ℓ / Σ w.
   */
  readonly policyReduction: 'sum' | 'sequence-mean';
  /**
   * `sum` as above. `row-mean`: (1/M) Σ over sequences of ½ Σ w·ℓ / max(1, Σ w), where M counts rows since the last
   * step, those included that pad a request to a multiple of the data-parallel size.
   */
  readonly criticReduction: 'sum' | 'row-mean' | 'none';
  /** Whether arrays of a datum may be as long as the response; if not, they are as long as the input. */
  readonly shortData: boolean;
  /** Whether all parameters can be trained, or only adapters. */
  readonly fullParameters: boolean;
  /** Where the optimizer's settings other than the learning rate come from: each step, or the start of the server. */
  readonly optimizer: 'request' | 'start';
  /** How gradients are clipped: to the norm in the request, to one given at the start, or never. */
  readonly clipping: 'request' | 'start' | 'never';
  /** Whether an embedding that is also the output layer stays one matrix. */
  readonly tiedEmbeddings: boolean;
  /** Which stop rules a request may have; `tokens` leaves texts to be cut here. */
  readonly stop: 'both' | 'texts' | 'tokens';
  readonly extensions: readonly Extension[];
}

const skyrl = { extensions: [] } as const;

export const serverKinds: Readonly<Record<ServerName, ServerKind>> = {
  orz: {
    name: 'orz',
    policyReduction: 'sum',
    criticReduction: 'sum',
    shortData: true,
    fullParameters: true,
    optimizer: 'request',
    clipping: 'request',
    tiedEmbeddings: true,
    stop: 'both',
    extensions: [],
  },
  'skyrl-fsdp': {
    ...skyrl,
    name: 'skyrl-fsdp',
    policyReduction: 'sum',
    criticReduction: 'row-mean',
    shortData: true,
    fullParameters: true,
    optimizer: 'start',
    clipping: 'start',
    tiedEmbeddings: false,
    stop: 'texts',
  },
  'skyrl-jax': {
    ...skyrl,
    name: 'skyrl-jax',
    policyReduction: 'sequence-mean',
    criticReduction: 'none',
    shortData: false,
    fullParameters: false,
    optimizer: 'request',
    clipping: 'never',
    tiedEmbeddings: true,
    stop: 'tokens',
  },
  hosted: {
    name: 'hosted',
    policyReduction: 'sum',
    criticReduction: 'none',
    shortData: false,
    fullParameters: false,
    optimizer: 'request',
    clipping: 'request',
    tiedEmbeddings: true,
    stop: 'tokens',
    extensions: [],
  },
};

/** The kind of a server by what is configured and what it announces; undefined if neither tells. */
export function serverKindOf(configured: 'auto' | ServerName, announced: Announcement | undefined) {
  const isOurs = announced?.version === extensionsVersion;
  if (configured === 'auto') return isOurs ? withExtensions(announced) : undefined;
  return configured === 'orz' && isOurs ? withExtensions(announced) : serverKinds[configured];
}

const withExtensions = ({ extensions }: Announcement): ServerKind => ({
  ...serverKinds.orz,
  extensions: extensions as readonly Extension[],
});
