import { describe, expect, it } from 'vitest';
import { selectDatasetFiles, type DatasetSelection } from '../../../core/data/dataset-files.js';
import { errorOf } from './support.js';

const gsm8k = [
  '.gitattributes',
  'README.md',
  'main/test-00000-of-00001.parquet',
  'main/train-00000-of-00001.parquet',
  'socratic/test-00000-of-00001.parquet',
  'socratic/train-00000-of-00001.parquet',
];
const math = ['README.md', 'algebra/test-0.parquet', 'algebra/train-0.parquet', 'geometry/train-0.parquet'];
const orz = ['.gitattributes', 'README.md', 'dataset_infos.json', 'orz_math_57k_collected.json'];
const choose = (paths: readonly string[], selection: DatasetSelection, split = 'train') =>
  selectDatasetFiles(paths, selection, split, 'data.train.0');

describe('selectDatasetFiles', () => {
  it.each<[readonly string[], DatasetSelection, string, readonly string[]]>([
    [gsm8k, { config: 'main' }, 'train', ['main/train-00000-of-00001.parquet']],
    [gsm8k, { config: 'main' }, 'test', ['main/test-00000-of-00001.parquet']],
    [gsm8k, { config: 'socratic', split: 'test' }, 'train', ['socratic/test-00000-of-00001.parquet']],
    [
      gsm8k,
      { files: '*/train-*.parquet' },
      'train',
      ['main/train-00000-of-00001.parquet', 'socratic/train-00000-of-00001.parquet'],
    ],
    [math, { files: '**/train-?.parquet' }, 'train', ['algebra/train-0.parquet', 'geometry/train-0.parquet']],
    [orz, {}, 'train', ['orz_math_57k_collected.json']],
    [orz, {}, 'test', ['orz_math_57k_collected.json']],
    [
      ['data/train-00000-of-00002.parquet', 'data/train-00001-of-00002.parquet', 'data/test.parquet'],
      {},
      'train',
      ['data/train-00000-of-00002.parquet', 'data/train-00001-of-00002.parquet'],
    ],
    [['constrained.jsonl', 'my_train.jsonl'], {}, 'train', ['my_train.jsonl']],
  ])('chooses from %j with %j and the default split %s: %j', (paths, selection, split, expected) => {
    expect(choose(paths, selection, split)).toEqual(expected);
  });

  it.each<[string, readonly string[], DatasetSelection, string, unknown]>([
    ['several parts', math, {}, 'ORZ_CONFIG_INVALID', ['algebra', 'geometry']],
    [
      'the same split in two kinds of files',
      ['data/train.jsonl', 'data/train.parquet'],
      {},
      'ORZ_CONFIG_INVALID',
      ['jsonl', 'parquet'],
    ],
    ['no such part', gsm8k, { config: 'man' }, 'ORZ_DATA_MISSING', gsm8k.slice(2)],
    ['no such split', gsm8k, { config: 'main', split: 'dev' }, 'ORZ_DATA_MISSING', gsm8k.slice(2, 4)],
    ['no file of this name', gsm8k, { files: '*.parquet' }, 'ORZ_DATA_MISSING', gsm8k],
    [
      'no data',
      ['README.md', 'model.bin'],
      {},
      'ORZ_DATA_MISSING',
      'Parquet, JSONL or JSON files: the repository has none',
    ],
  ])('fails for %s, listing what there is', async (...[, paths, selection, code, allowed]) => {
    const error = await errorOf(() => choose(paths, selection));
    expect([error.code, error.details.allowed]).toEqual([code, allowed]);
  });
});
