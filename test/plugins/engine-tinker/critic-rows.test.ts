import { describe, expect, it } from 'vitest';
import { exampleLengths, exampleSequences, exampleTraining } from '../../../core/conformance/example-model.js';
import type { Datum } from '../../../core/tinker/protobuf.js';
import { planRows, rowReport, rowRequests } from '../../../plugins/engine-tinker/critic-rows.js';
import { serverKinds } from '../../../plugins/engine-tinker/servers.js';
import { criticUpdate } from '../../../plugins/engine-tinker/updates.js';
import { createValueLoss } from '../../../plugins/loss-value/plugin.js';

const sequences = exampleTraining(exampleSequences(exampleLengths, 30));
const limits = { maxChunkBytes: 1e6, maxChunkDatums: 1024, criticScale: 64 };

/** The critic's loss as SkyRL computes it, in float64: the mean over rows of half a weighted mean. */
function serverLoss(rows: readonly Datum[], values: readonly Float32Array[]): number {
  const losses = rows.map(({ inputs }, i) => {
    const [w, r] = [inputs['weights'], inputs['returns']] as [Float32Array, Float32Array];
    const total = w.reduce((a, b) => a + b, 0);
    return (
      w.reduce((sum, weight, t) => sum + weight * ((values[i % values.length]![t] ?? 0) - r[t]!) ** 2, 0) /
      Math.max(1, total)
    );
  });
  return losses.reduce((a, b) => a + b, 0) / rows.length / 2;
}

describe('rows of a critic whose server takes means', () => {
  const values = sequences.map(({ weights }) => weights.map((_, t) => 0.1 * t));
  const expected = sequences.reduce(
    (sum, { weights, inputs }, i) =>
      sum + weights.reduce((part, w, t) => part + (w * (values[i]![t]! - inputs.returns[t]!) ** 2) / 2, 0),
    0,
  );

  it.each([1, 2, 4, 5])('make the loss ours, padded to a multiple of %i', async (dataParallel) => {
    const settings = { ...limits, dataParallel, maxChunkDatums: 4 * dataParallel };
    const plan = planRows(sequences, settings);
    const update = await criticUpdate(
      serverKinds['skyrl-fsdp'],
      createValueLoss({ valueClipEps: null }),
      { sequences, factor: plan.factor },
      () => Promise.reject(new Error('not asked')),
    );
    const requests = [...rowRequests(update.data, settings)];
    for (const request of requests) expect(request.length % dataParallel).toBe(0);
    const rows = requests.flat();
    expect(rows).toHaveLength(plan.rows);
    for (const { inputs } of rows.slice(sequences.length)) expect(inputs['weights']!.every((w) => w === 0)).toBe(true);
    expect(serverLoss(rows, values) * settings.criticScale).toBeCloseTo(expected, 6);
    const metrics = (data: readonly Datum[], from: number) => ({
      'critic_loss:sum': serverLoss(data, values.slice(from).concat(values)),
    });
    let from = 0;
    const results = requests.map((data) => {
      const result = { count: data.length, rows: data.length, metrics: metrics(data, from) };
      from += data.length;
      return result;
    });
    expect(rowReport(results, plan, settings).loss).toBeCloseTo(expected, 6);
  });

  it('refuses a scale that lets a sequence weigh more than the server leaves alone', () => {
    expect(() => planRows(sequences, { ...limits, dataParallel: 1, criticScale: 0.5 })).toThrow(/criticScale/);
  });

  it('keeps requests within their bytes', () => {
    const data = sequences.map(({ tokens, weights }) => ({ tokens, inputs: { weights } }));
    const requests = [...rowRequests(data, { ...limits, dataParallel: 2, maxChunkBytes: 1600 })];
    expect(requests.length).toBeGreaterThan(1);
    expect(requests.flat().slice(0, data.length)).toEqual(data);
  });
});
