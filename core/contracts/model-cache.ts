/**
 * Models that a run made on the spot, for later runs of the same user. A key says all that the weights depend on; the
 * cache adds the kind of processor, since another one rounds sums differently.
 */
export interface ModelCache {
  /** Where it is, for messages. */
  readonly location: string;
  /** What was kept under the key, by its hash; something else is `damaged` and has been removed. Throws ORZ_STORAGE. */
  find(key: string): Promise<Uint8Array | 'damaged' | undefined>;
  /** All or nothing; a process that keeps the same at the same time does no harm. Throws ORZ_STORAGE. */
  keep(key: string, content: Uint8Array): Promise<void>;
}
