import { expect, test } from 'vitest';
import { samplingDifference, trainingDifference } from './agree.mjs';
import { matrixElements } from '../networks.mjs';
import { cases, networks } from './cases.mjs';
import { installedVersions, missing } from './peers.mjs';
import { forwardProducts, samplingProducts, trainingProducts, type Product } from './products.mjs';
import { floorRows, raceReports, ratios, reasons, verdict } from './report.mjs';
import { pinned, startWorker, workerEnvironment } from './workers.mjs';

const outcome = {
  label: 'a step',
  ours: [1, 2, 4],
  tokens: 100,
  operations: 1e9,
  rates: [2e9, 1e9, 5e8],
  goalShare: 0.4,
  peers: [
    { label: 'fast', goal: 1, seconds: [0.5, 1, 2] },
    { label: 'slow', goal: 1.2, seconds: [2, 6, 8] },
    { label: 'absent', goal: 1, seconds: [], reason: 'python3 has no torch' },
  ],
};

test('a ratio is taken of the times of one round', () => {
  expect(ratios([1, 2, 4], [2, 6, 8])).toEqual([2, 3, 2]);
});

test('a goal is met at its own value', () => {
  expect([verdict(1.2, 1.2), verdict(1.19, 1.2), verdict(9, undefined)]).toEqual(['met', 'missed', '']);
});

test('each peer has a row with ratio, extremes, goal and verdict; one that did not race has a reason', () => {
  const [race, shares] = raceReports([outcome], { machine: 'M', versions: 'torch 2', notes: ['a note'] });
  expect(race?.rows.map((row) => row.slice(1))).toEqual([
    ['fast', '2.00 (1.00 – 4.00)', '1.00 (0.500 – 2.00)', '0.50 (0.50 – 0.50)', '1.0', 'missed'],
    ['slow', '2.00 (1.00 – 4.00)', '6.00 (2.00 – 8.00)', '2.00 (2.00 – 3.00)', '1.2', 'met'],
    ['absent', '', '', 'not raced', '1.0', ''],
  ]);
  expect(race?.notes).toEqual(['Not raced: absent: python3 has no torch.', 'a note', 'torch 2.', 'Measured on M.']);
  // Every round reaches half of the rate that was measured in it.
  expect(shares?.rows).toEqual([['a step', '50.0 (25.0 – 100)', '0.500', '1.00', '50 % (50 % – 50 %)', '40 %', 'met']]);
});

test('the floor is the time of the products alone, and says which goals lie above it', () => {
  const [, , floors, phases] = raceReports(
    [{ ...outcome, products: { ours: 1, theirs: 0.5 }, phases: { sample: 1, critic: 3 } }],
    { machine: 'M', versions: 'torch 2', notes: [] },
  );
  expect(floors?.rows.map((row) => row.slice(1))).toEqual([
    ['fast', '2.00', '1.00', '0.500', '1.00', '1.0', ''],
    ['slow', '2.00', '1.00', '0.500', '6.00', '1.2', ''],
  ]);
  const [row] = floorRows({ ...outcome, products: { ours: 2, theirs: undefined } });
  expect(row?.slice(4)).toEqual(['', '0.50', '1.0', 'out of reach']);
  expect(phases?.rows).toEqual([
    ['a step', 'sample', '1.00', '25 %'],
    ['a step', 'critic', '3.00', '75 %'],
  ]);
});

test('products of training are three times those of a pass forward, which the tables of speed count', () => {
  const operations = (products: readonly Product[]): number =>
    products.reduce((sum, { m, k, n, count }) => sum + 2 * m * k * n * count, 0);
  const forward = operations(forwardProducts(networks.wide, 100, 100));
  expect(operations(trainingProducts(networks.wide, 100, 100))).toBe(3 * forward);
  expect(forward).toBe(2 * 100 * matrixElements(networks.wide));
  const sampled = { prompts: 1, promptLength: 10, batch: 4, responseLength: 5 };
  expect(operations(samplingProducts(networks.tiny, sampled))).toBe(
    operations(forwardProducts(networks.tiny, 10, 1)) + 5 * operations(forwardProducts(networks.tiny, 4, 4)),
  );
});

test('a reason is given once, with all that it kept from racing', () => {
  const absent = (label: string) => ({ label, seconds: [], reason: 'no Python' });
  const found = reasons([
    { label: 'x', ours: [1], peers: [absent('A'), absent('B')] },
    { label: 'y', ours: [1], peers: [absent('A')] },
  ]);
  expect(found).toEqual(['Not raced: A; B: no Python.']);
});

test('work that differs is not raced', () => {
  const ours = { loss: 0.01, gradNorm: 2, moved: 3 };
  expect(trainingDifference(ours, { loss: 0.01005, gradNorm: 2.0001, moved: 3.001 })).toBeUndefined();
  expect(trainingDifference(ours, { ...ours, loss: 0.02 })).toContain('loss is 0.01 here and 0.02 there');
  expect(trainingDifference(ours, { ...ours, gradNorm: NaN })).toContain('gradNorm');
  expect(samplingDifference([-1, -2], [-1, -2.001])).toBeUndefined();
  expect(samplingDifference([-1, -2], [-1, -2.1])).toContain('not the same work');
  expect(samplingDifference([-1, -2], [-1])).toContain('not the same work');
});

test('a peer that is not installed, or in another version, is named', () => {
  const versions = { torch: '2', transformers: '5', datasets: '5', trl: '1.16.0' };
  expect(missing('grpo', 'py', { versions })).toBeUndefined();
  expect(missing('ppo', 'py', { versions })).toBe('py has TRL 1.16.0, not 1.12');
  expect(missing('llama', 'py', { versions })).toBe('py has no llama-cpp-python, no gguf, no safetensors');
  expect(missing('torch', 'py', { reason: 'py does not start' })).toBe('py does not start');
  expect(installedVersions('no-such-python')).toEqual({ reason: 'no-such-python does not start' });
});

test('only a process of ours keeps the memory settings of a run', () => {
  const env = { PATH: '/bin', MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '9' };
  expect(workerEnvironment(env, true)).toMatchObject({ ...env, OMP_NUM_THREADS: '1' });
  expect(Object.keys(workerEnvironment(env, false)).filter((name) => name.startsWith('MALLOC'))).toEqual([]);
  expect(pinned(['node', 'x'], 1)).toEqual(['taskset', '--cpu-list', '1', 'node', 'x']);
  expect(pinned(['node', 'x'], undefined)).toEqual(['node', 'x']);
});

test('a worker answers line by line, and says why it failed', async () => {
  const script = `
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { n } = JSON.parse(line);
      if (n === 0) { console.error('out of memory'); process.exit(1); }
      console.log(JSON.stringify(n < 0 ? { error: 'negative' } : { twice: 2 * n }));
    });`;
  const worker = startWorker([process.execPath, '-e', script], { env: process.env });
  expect(await worker.ask({ n: 2 })).toEqual({ twice: 4 });
  await expect(worker.ask({ n: -1 })).rejects.toThrow('negative');
  await expect(worker.ask({ n: 0 })).rejects.toThrow('out of memory');
  await worker.close();
});

test('sequences fit into rows, and samplers have whole groups of 16', () => {
  for (const { network, lengths = [], rowLength = 0, promptLength, batch = 16, peers } of cases) {
    expect(networks[network].vocabSize).toBeGreaterThan(0);
    expect(Math.max(0, ...lengths)).toBeLessThanOrEqual(rowLength);
    expect(Math.min(Infinity, ...lengths)).toBeGreaterThan(promptLength);
    expect(batch % Math.min(16, batch)).toBe(0);
    expect(peers.every(({ goal }) => goal !== undefined)).toBe(true);
  }
});
