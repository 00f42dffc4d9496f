import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';
import { temporaryFolder } from '../../cli/temporary-folder.js';
import { fileDataSettings } from '../../../plugins/data-files/settings.js';
import { createFileProblems } from '../../../plugins/data-files/source.js';
import { startHub, type HubServer } from '../../cli/platform/hub/hub-server.js';
import { errorOf, recordingEvents } from './files.js';

const lines = (...records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).join('\n');
const sums = {
  type: 'dataset',
  name: 'someone/sums',
  files: {
    'README.md': '# sums',
    'main/train-00000-of-00002.jsonl': lines({ question: '1+1', answer: 'two\n#### 2' }),
    'main/train-00001-of-00002.jsonl': lines({ question: '1+2', answer: 'three\n#### 3' }),
    'main/test.jsonl': lines({ question: '5+5', answer: 'ten\n#### 10' }),
    'hard/train.jsonl': lines({ question: '9', answer: '#### 9' }),
  },
} as const;
const parquet = {
  type: 'dataset',
  name: 'someone/dapo',
  large: ['data/dapo.parquet'],
  files: {
    'data/dapo.parquet': readFileSync(
      fileURLToPath(new URL('../../fixtures/parquet/dapo.zstd.parquet', import.meta.url)),
    ),
  },
} as const;

let hub: HubServer;
beforeEach(async () => {
  hub = await startHub(sums, parquet);
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
  vi.stubEnv('HF_HOME', temporaryFolder());
  for (const name of ['HF_TOKEN', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HUB_OFFLINE']) vi.stubEnv(name, '');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const open = (settings: unknown) =>
  createFileProblems(fileDataSettings.parse(settings), createNodePlatform('.'), recordingEvents().events).open();

describe('datasets on the hub', () => {
  it('are fetched by configuration and split: train to train on, test to hold out', async () => {
    const { train, evaluation } = await open({
      train: [
        { hub: 'someone/sums', config: 'main' },
        { hub: 'someone/sums', config: 'hard' },
      ],
      evaluation: { sums: { hub: 'someone/sums', config: 'main' } },
    });
    expect(Array.from({ length: train.length }, (_, i) => train.at(i))).toEqual([
      { id: 'someone/sums/main/main/train-00000-of-00002.jsonl#1', prompt: '1+1', answer: '2' },
      { id: 'someone/sums/main/main/train-00001-of-00002.jsonl#1', prompt: '1+2', answer: '3' },
      { id: 'someone/sums/hard#1', prompt: '9', answer: '9' },
    ]);
    expect(evaluation['sums']!.at(0)).toEqual({ id: 'sums#1', prompt: '5+5', answer: '10' });
    expect(hub.requests.some(({ path }) => path.includes('README'))).toBe(false);
  });

  it('are read as Parquet by ranges of the cached file, and from the cache alone when offline', async () => {
    expect((await open({ train: [{ hub: 'someone/dapo' }] })).train.length).toBe(5);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    const before = hub.requests.length;
    expect((await open({ train: [{ hub: 'someone/dapo' }] })).train.parts).toMatchObject([
      { name: 'someone/dapo', form: 'dapo', length: 5 },
    ]);
    expect(hub.requests.length).toBe(before);
  });

  it('with several parts want to be told which, naming them', async () => {
    const { code, details } = await errorOf(open({ train: [{ hub: 'someone/sums' }] }));
    expect([code, details.allowed, details.origin]).toEqual(['ORZ_CONFIG_INVALID', ['main', 'hard'], 'data.train.0']);
  });

  it('that are not there, or a malformed record in one, are errors that name them', async () => {
    expect((await errorOf(open({ train: [{ hub: 'someone/nothing' }] }))).code).toBe('ORZ_HUB');
    expect((await errorOf(open({ train: [{ hub: 'someone/sums', config: 'main', form: 'math' }] }))).message).toBe(
      'Field problem of record 1 of someone/sums/main/train-00000-of-00002.jsonl is missing',
    );
  });

  it('cannot be fetched where there is no hub', async () => {
    const source = createFileProblems(
      fileDataSettings.parse({ train: [{ hub: 'a/b' }] }),
      { ...createNodePlatform('.'), fetchRepository: undefined } as never,
      recordingEvents().events,
    );
    expect((await errorOf(source.open())).code).toBe('ORZ_CAPABILITY');
  });
});
