import type { LossReport, TrainingSequence } from '../../core/contracts/model.js';
import { bytesOfDatum, type Datum } from '../../core/tinker/protobuf.js';
import { criticScaleTooSmall } from './errors.js';
import type { TinkerSettings } from './settings.js';
import type { PassResult } from './transport/data-pass.js';

/**
 * A critic whose server takes the mean over M rows since the last step, of ½ Σ w·ℓ / max(1, Σ w) each: SkyRL on FSDP.
 * With weights w·M/C, whose sum per row must not exceed 1, that is 1/C of our loss; the server's limit of the gradient
 * norm is 1/C of ours for this reason. M counts the rows that pad a request to a multiple of the data-parallel size, so
 * every request is such a multiple already, the last one by rows of weight 0.
 */
export interface RowPlan {
  /** By which weights are multiplied: M/C. */
  readonly factor: number;
  readonly rows: number;
}

type RowSettings = Pick<TinkerSettings, 'dataParallel' | 'criticScale' | 'maxChunkBytes' | 'maxChunkDatums'>;

/** Throws ORZ_CONFIG_INVALID if a sequence would get more weight than the server leaves as it is. */
export function planRows(sequences: readonly TrainingSequence[], { dataParallel, criticScale }: RowSettings): RowPlan {
  const rows = Math.ceil(sequences.length / dataParallel) * dataParallel;
  const factor = rows / criticScale;
  const sums = sequences.map(({ weights }) => factor * weights.reduce((sum, w) => sum + w, 0));
  const largest = Math.max(...sums);
  if (largest > 1) throw criticScaleTooSmall(criticScale, criticScale * largest);
  return { factor, rows };
}

/** Requests of rows whose number is a multiple of the data-parallel size, each within the limits. */
export function* rowRequests(data: Iterable<Datum>, settings: RowSettings): Generator<Datum[]> {
  const { dataParallel, maxChunkBytes, maxChunkDatums } = settings;
  let request: Datum[] = [];
  let bytes = 0;
  for (const group of groupsOf(data, dataParallel)) {
    const size = group.reduce((sum, datum) => sum + bytesOfDatum(datum), 0);
    const isFull = bytes + size > maxChunkBytes - headBytes || request.length + group.length > maxChunkDatums;
    if (isFull && request.length > 0) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(...group);
    bytes += size;
  }
  if (request.length > 0) yield request;
}

/** What a request says besides its data, in bytes. */
const headBytes = 1000;

/** Groups of `size`, the last one filled with rows of weight 0. */
function* groupsOf(data: Iterable<Datum>, size: number): Generator<Datum[]> {
  let group: Datum[] = [];
  for (const datum of data) {
    group.push(datum);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  const [first] = group;
  if (first === undefined) return;
  while (group.length < size) group.push(weightless(first));
  yield group;
}

const weightless = ({ tokens, inputs }: Datum): Datum => ({
  tokens,
  inputs: { ...inputs, weights: new Float32Array(inputs['weights']?.length ?? 0) },
});

/** Our loss, from the mean over its rows that each request reports. */
export function rowReport(
  results: readonly (PassResult & { readonly rows: number })[],
  { rows }: RowPlan,
  { criticScale }: RowSettings,
): LossReport {
  const sum = results.reduce((total, result) => total + (result.metrics['critic_loss:sum'] ?? 0) * result.rows, 0);
  return { loss: (sum / rows) * criticScale, metrics: {} };
}
