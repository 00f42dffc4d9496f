/** How much is sent at once. */
export interface TransportLimits {
  /** Data of one request of `forward_backward`. */
  readonly maxChunkDatums: number;
  /** Bytes of its body; one datum must fit. */
  readonly maxChunkBytes: number;
  /** Requests of that kind that wait for their results, and the bytes of their bodies. */
  readonly maxRequestsInFlight: number;
  readonly maxBytesInFlight: number;
  /** Sample requests that wait for their results. */
  readonly maxSamplesInFlight: number;
}

/** Chunks are those of the SDK; SkyRL's database is what bears only few requests at once. */
export const defaultLimits: TransportLimits = {
  maxChunkDatums: 1024,
  maxChunkBytes: 5_000_000,
  maxRequestsInFlight: 8,
  maxBytesInFlight: 50_000_000,
  maxSamplesInFlight: 2_000,
};

/** Times in milliseconds. */
export interface TransportTimes {
  /** After it a poll for a result is given up and repeated; Node and proxies give up later. */
  readonly pollMs: number;
  /** The longest that one attempt of any other request may take. */
  readonly attemptMs: number;
  /** For so long a request that does not succeed is repeated. */
  readonly patienceMs: number;
  /** The pause before the first repetition, doubled for each further one, and its limit. */
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** Between two heartbeats; SkyRL ends a session after 300 s without one. */
  readonly heartbeatMs: number;
}

export const defaultTimes: TransportTimes = {
  pollMs: 45_000,
  attemptMs: 120_000,
  patienceMs: 300_000,
  firstPauseMs: 500,
  maxPauseMs: 30_000,
  heartbeatMs: 10_000,
};
