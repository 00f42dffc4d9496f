import { describe, expect, it } from 'vitest';
import { groupStatistics } from '../../../../core/recipe/group-statistics.js';
import { ReferenceBackend } from '../../../../plugins/backend-reference/backend.js';
import {
  lossTolerance,
  recordedBatch,
  recordedTrl,
  relativeDifference,
  relativeTolerance,
  type TrlCase,
} from '../../../fixtures/algorithms/recorded.js';
import { packings, runRecorded, type RecordedRun } from './recorded-run.js';

const recordedRun = (recorded: TrlCase, limits: (typeof packings)[keyof typeof packings]): Promise<RecordedRun> =>
  runRecorded(recorded, { backend: new ReferenceBackend(), limits, steps: 1 });

describe('on recorded rollouts, TRL 1.16 agrees with', () => {
  it.each(recordedTrl.cases)('$name', async (recorded) => {
    for (const limits of Object.values(packings)) {
      const update = (await recordedRun(recorded, limits)).policy[0]!;
      const theirs = update.gradient.map((rows) => rows.map((row) => row.map((slope) => slope * recorded.factor)));
      expect(Math.abs(update.value * recorded.factor - recorded.loss)).toBeLessThan(lossTolerance);
      expect(relativeDifference(theirs, recorded.logits)).toBeLessThan(relativeTolerance);
    }
  });

  it('covers GSPO, DAPO and Dr. GRPO', () => {
    const presets = recordedTrl.cases.flatMap((recorded) => recorded.presets);
    expect(new Set(presets)).toEqual(new Set(['gspo', 'dapo', 'dr-grpo', 'grpo', 'cispo']));
  });
});

describe('where TRL 1.16 differs on purpose', () => {
  it('a masked response still counts among the responses: its loss is 12 / 16 of ours', () => {
    const masked = recordedTrl.cases.filter(({ name }) => name.endsWith('masked'));
    const kept = recordedBatch.truncated.filter((truncated) => !truncated).length / recordedBatch.truncated.length;
    // The mean over all tokens of DAPO counts no responses.
    expect(masked.map(({ presets: [preset], factor }) => [preset, factor])).toEqual([
      ['gspo', kept],
      ['dapo', 1],
      ['dr-grpo', kept],
    ]);
  });

  it.each(recordedTrl.cases)('divides by the sample standard deviation plus 1e-4: $name', async (recorded) => {
    const { batch } = await recordedRun(recorded, packings.one);
    const groups = groupStatistics(batch.rewards, batch.groups);
    const ours = batch.rollouts.map((_, b) => batch.advantages[b]![0]!);
    const divides = recorded.trl['scale_rewards'] !== 'none';
    const expected = ours.map((advantage, b) => {
      const { std } = groups.get(batch.groups[b]!)!;
      const sampleStd = std * Math.sqrt(recordedBatch.samples / (recordedBatch.samples - 1));
      return divides ? (advantage * std) / (sampleStd + 1e-4) : advantage;
    });
    expect(relativeDifference(expected, recorded.ownAdvantages)).toBeLessThan(relativeTolerance);
  });
});
