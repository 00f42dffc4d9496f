import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHuggingFaceModel } from '../../plugins/huggingface/model-source.js';
import { createNodePlatform } from '../../cli/platform/node-platform.js';
import { createRandom } from '../../core/random.js';
import { silentEvents } from '../../core/silent-events.js';
import { emptyFolder, oneOrTwoSeconds, recordedMetrics, runIn, type Settings } from './run-in-folder.js';

const folder = emptyFolder();
const path = (...parts: string[]): string => join(folder, ...parts);
const weights = (run: string, checkpoint: string, role: string): Buffer =>
  readFileSync(path(run, 'checkpoints', checkpoint, role, 'model.safetensors'));
const saved = (role: string): string => path('first', 'checkpoints', 'final', role);

const others = Object.entries(oneOrTwoSeconds).filter(([name]) => !name.startsWith('model.'));
const continued: Settings = {
  ...Object.fromEntries(others),
  ...{ 'model.type': 'huggingface', 'model.path': saved('policy'), iterations: 2, seed: 3 },
};
const withCritic: Settings = { ...continued, 'model.critic': saved('critic') };

/** Stops after iteration 1, as if it had been killed before its checkpoint. */
async function stopEarly(name: string): Promise<void> {
  const controller = new AbortController();
  const onMetrics = (): void => {
    controller.abort();
  };
  const error: unknown = await runIn(folder, name, withCritic, { signal: controller.signal, onMetrics }).catch(
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({ code: 'ORZ_INTERRUPTED' });
  rmSync(path(name, 'checkpoints', 'iteration-000001'), { recursive: true });
}

beforeAll(async () => {
  await runIn(folder, 'first', { ...oneOrTwoSeconds, iterations: 1 });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a new run from a checkpoint', () => {
  it('starts from its policy, with a critic that begins anew', async () => {
    await runIn(folder, 'policy', continued);
    expect(weights('policy', 'base', 'policy').equals(weights('first', 'final', 'policy'))).toBe(true);
    expect(existsSync(path('policy', 'checkpoints', 'base', 'critic'))).toBe(false);
  });

  it('starts from its policy and its critic, and resumes without the weights of that run', async () => {
    await runIn(folder, 'both', withCritic);
    for (const role of ['policy', 'critic'])
      expect(weights('both', 'base', role).equals(weights('first', 'final', role)), role).toBe(true);
    const [alone, together] = ['policy', 'both'].map((name) => recordedMetrics(path(name))[0]);
    expect(together?.['reward']).toBe(alone?.['reward']);
    expect(together?.['valueLoss']).not.toBe(alone?.['valueLoss']);
    await stopEarly('stopped');
    const kept = weights('stopped', 'base', 'critic');
    expect(kept.equals(weights('first', 'final', 'critic'))).toBe(true);
    rmSync(join(saved('policy'), 'model.safetensors'));
    rmSync(saved('critic'), { recursive: true });
    await runIn(folder, 'stopped', withCritic, { resume: { required: true, force: false } });
    expect(recordedMetrics(path('stopped'))).toEqual(recordedMetrics(path('both')));
    for (const role of ['policy', 'critic'])
      expect(weights('stopped', 'final', role).equals(weights('both', 'final', role)), role).toBe(true);
  });

  it.each([
    ['that is not there', () => path('nowhere'), 'ORZ_DATA_MISSING'],
    ['that is a policy', () => path('both', 'checkpoints', 'final', 'policy'), 'ORZ_MODEL_CONFIG'],
    ['of another size', () => path('wide', 'checkpoints', 'final', 'critic'), 'ORZ_MODEL_CONFIG'],
  ])('refuses a critic %s', async (_, critic, code) => {
    if (critic().includes('wide') && !existsSync(path('wide')))
      await runIn(folder, 'wide', { ...oneOrTwoSeconds, iterations: 1, 'model.intermediateSize': 40 });
    const model = { path: path('both', 'checkpoints', 'final', 'policy'), critic: critic() };
    const source = createHuggingFaceModel(model, createNodePlatform('.'));
    const context = { random: createRandom(1), events: silentEvents, signal: new AbortController().signal };
    await expect(source.inspect?.(context)).rejects.toMatchObject({ code });
  });
});
