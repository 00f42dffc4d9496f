import { beforeEach, describe, expect, it } from 'vitest';
import type { Storage } from '../../../../core/contracts/storage.js';
import { checkpointOf } from '../../../../core/train/state/checkpoint-names.js';
import {
  checkpointNames,
  commitCheckpoint,
  discardUnfinished,
  pruneCheckpoints,
  verifyCheckpoint,
  type CheckpointContent,
} from '../../../../core/train/state/checkpoints.js';
import type { RunState } from '../../../../core/train/state/state.js';
import { memoryStorage } from '../support.js';

let files: Map<string, Uint8Array>;
let storage: Storage;
beforeEach(() => {
  files = new Map();
  storage = memoryStorage(files);
});

const stateOf = (iteration: number, reward: number | null = null): RunState => ({
  format: 1,
  iteration,
  problemsTaken: 2 * iteration,
  controls: { policy: {}, critic: {} },
  steps: { policy: iteration, critic: 0 },
  versions: { policy: iteration + 1 },
  rewardPool: { timeouts: 0, crashes: 0, retries: 0 },
  seconds: 1.5,
  problems: 'train 3 abc',
  config: { iterations: 9 } as RunState['config'],
  files: { appended: { 'metrics.jsonl': 10 }, written: [] },
  sinks: [{ name: 'mean', state: { sum: 3 } }],
  health: { streaks: {}, entropyPeak: 0, norms: {}, incidents: 0 },
  reward,
});

/** As models are saved: written aside and renamed. */
const content: CheckpointContent = async (inside) => {
  await inside.write('policy.partial/weights', Uint8Array.of(1, 2, 3));
  await inside.rename('policy.partial', 'policy');
  await inside.write('optimizer', 'moments');
};

const commit = (iteration: number, reward: number | null = null): Promise<void> =>
  commitCheckpoint(storage, checkpointOf(iteration), stateOf(iteration, reward), content);

describe('a checkpoint', () => {
  it('comes back with its state, and its manifest lists every other file under its final name', async () => {
    await commit(7);
    const { state, folder } = await verifyCheckpoint(storage, 'iteration-000007');
    expect(state).toEqual(stateOf(7));
    const manifest = JSON.parse(new TextDecoder().decode(await storage.read(`${folder}/manifest.json`))) as {
      files: object;
    };
    expect(Object.keys(manifest.files).sort()).toEqual(['optimizer', 'policy/weights', 'state.json']);
    expect(await storage.list('')).toEqual(
      [...Object.keys(manifest.files), 'manifest.json'].map((path) => `${folder}/${path}`).sort(),
    );
  });

  it('that fails half-way leaves nothing behind and the others as they were', async () => {
    await commit(1);
    const before = new Map(files);
    await expect(
      commitCheckpoint(storage, checkpointOf(2), stateOf(2), async (inside) => {
        await content(inside);
        throw new Error('disk full');
      }),
    ).rejects.toThrow('disk full');
    expect(files).toEqual(before);
  });

  it('neither inherits nor removes what lies beside it under a similar name', async () => {
    for (const name of ['.unfinished', '.removed', '.unfinished-mine'])
      await storage.write(`checkpoints/${name}/old`, 'x');
    await commit(1);
    await discardUnfinished(storage);
    expect((await storage.list('')).filter((path) => path.endsWith('/old'))).toHaveLength(3);
  });

  it('that a crash interrupted is discarded', async () => {
    let folder = '';
    const crashing = {
      ...storage,
      remove: async () => undefined,
      rename: async (from: string) => {
        folder = from;
        throw new Error('killed');
      },
    };
    await expect(commitCheckpoint(crashing, checkpointOf(2), stateOf(2), content)).rejects.toThrow('killed');
    expect(await storage.list(`${folder}/`)).not.toEqual([]);
    await discardUnfinished(storage);
    expect(await storage.list('')).toEqual([]);
  });

  it.each([
    ['policy/weights', Uint8Array.of(1, 2, 4), 'its content has changed'],
    ['policy/weights', Uint8Array.of(1, 2), 'it has 2 bytes instead of 3'],
    ['policy/weights', undefined, 'it is missing'],
    ['manifest.json', new TextEncoder().encode('{'), 'it is not JSON'],
    ['manifest.json', new TextEncoder().encode('{"format":1,"files":{}}'), 'it does not list state.json'],
    ['manifest.json', undefined, 'it is missing'],
  ])('whose %s is %j is damaged: %s', async (path, bytes, why) => {
    await commit(3);
    const file = `checkpoints/iteration-000003/${path}`;
    if (bytes) files.set(file, bytes);
    else files.delete(file);
    await expect(verifyCheckpoint(storage, 'iteration-000003')).rejects.toMatchObject({
      code: 'ORZ_CHECKPOINT',
      message: expect.stringContaining(`${file} is damaged: ${why}`),
    });
  });
});

describe('checkpoints of a run', () => {
  it('are listed newest first; what is none is not listed', async () => {
    for (const iteration of [5, 12, 1_000_000]) await commit(iteration);
    for (const name of ['base', 'final']) await commitCheckpoint(storage, name, stateOf(0), content);
    await storage.write('checkpoints/damaged-iteration-000009/x', '');
    await storage.write('checkpoints/base-evaluation.json', '{}');
    expect(await checkpointNames(storage)).toEqual([
      'final',
      'iteration-1000000',
      'iteration-000012',
      'iteration-000005',
      'base',
    ]);
  });

  const after = async (latest: number, best: number): Promise<number[]> => {
    await pruneCheckpoints(storage, { latest, best });
    return (await checkpointNames(storage))
      .filter((name) => name.startsWith('iteration-'))
      .map((name) => Number(name.slice(10)));
  };

  it('are pruned to the latest and the best: of equal rewards the newer, never an unevaluated one', async () => {
    for (const [iteration, reward] of [
      [1, 0.5],
      [2, 0.9],
      [3, 0.9],
      [4, null],
      [5, 0.1],
      [6, null],
    ] as const)
      await commit(iteration, reward);
    await commitCheckpoint(storage, 'base', stateOf(0), content);
    expect(await after(3, 2)).toEqual([6, 5, 4, 3, 2]);
    expect(await after(1, 1)).toEqual([6, 3]);
    expect(await after(1, 0)).toEqual([6]);
    expect(await checkpointNames(storage)).toContain('base');
  });

  it('whose state cannot be read count as not evaluated, and pruning goes on', async () => {
    for (const iteration of [1, 2, 3]) await commit(iteration, 0.5);
    files.set('checkpoints/iteration-000001/state.json', new Uint8Array());
    expect(await after(1, 1)).toEqual([3]);
  });
});
