import { readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32 } from 'node:zlib';
import { metricSinkConformance } from '../../../core/conformance/metric-sink.js';
import { wandbSettings } from '../../../plugins/metrics-wandb/settings.js';
import { fileHeader, frame } from '../../../plugins/metrics-wandb/log-format.js';
import { newFolder, offlineRuns, openSink, recordIterations } from './record-run.js';

let folder = '';
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Records of a file; throws at the first wrong checksum or order, as `wandb` does. */
function recordsOf(file: Buffer): Buffer[] {
  expect(file.subarray(0, 7).toString('latin1')).toBe(':W&B\xe1\xbe\0');
  const records: Buffer[] = [];
  let open: Buffer[] = [];
  for (let at = 7; at < file.length;) {
    const room = 32_768 - (at % 32_768);
    if (room < 7) {
      at += room;
      continue;
    }
    const length = file.readUInt16LE(at + 4);
    const kind = file[at + 6] ?? 0;
    if (file.readUInt32LE(at) !== crc32(file.subarray(at + 6, at + 7 + length))) throw new Error(`checksum at ${at}`);
    if (length + 7 > room || (kind === 1 || kind === 2) !== (open.length === 0)) throw new Error(`chunk at ${at}`);
    open.push(file.subarray(at + 7, at + 7 + length));
    if (kind === 1 || kind === 4) {
      records.push(Buffer.concat(open));
      open = [];
    }
    at += 7 + length;
  }
  expect(open).toEqual([]);
  return records;
}

describe('the form of the file', () => {
  it('holds records of any length, whatever was there before', () => {
    const lengths = [0, 1, 32_747, 32_754, 32_755, 3, 100_000, 32_740, 7, 65_500];
    let file = Buffer.from(fileHeader);
    const written = lengths.map((length, i) => Buffer.alloc(length, i));
    for (const data of written) file = Buffer.concat([file, frame(data, file.length)]);
    expect(recordsOf(file).map((data) => [data.length, data[0]])).toEqual(
      written.map((data) => [data.length, data[0]]),
    );
  });

  it('is as wandb 0.31 writes it', () => {
    // The first record of a file of wandb 0.31: header, and number 1 in the stream c0m379bb.
    const data =
      '0801c20c0a0a0863306d3337396262aa013b0a390a2f302e33312e302b3135663863626335383164' +
      '31633563666336653331663638623438626464313363656332646432631206302e37302e30';
    expect(
      Buffer.from(frame(Buffer.from(data, 'hex'), 7))
        .subarray(0, 7)
        .toString('hex'),
    ).toBe('327cfb9d4d0001');
  });
});

describe('the sink', () => {
  for (const { title, run } of metricSinkConformance(() => openSink(newFolder()))) it(title, run);

  it('writes one run: header, run, then history and summary of each iteration, and its end', async () => {
    const sink = await openSink(folder);
    await recordIterations(sink, [1, 2, 2]);
    await sink.dispose?.();
    const [[, file], ...others] = offlineRuns(folder) as [[string, string]];
    expect(others).toEqual([]);
    expect(file).toMatch(/wandb\/offline-run-\d{8}_\d{6}-([0-9a-f]{16})\/run-\1\.wandb$/);
    const records = recordsOf(readFileSync(file));
    expect(records.map((data) => data.readUInt16BE(0))).toEqual([1, 2, 3, 4, 5, 6, 7].map((num) => 0x0800 + num));
    expect(records.map((data) => data[2])).toEqual([0xaa, 0x8a, 0x12, 0x1a, 0x12, 0x1a, 0x92]);
  });

  it('writes no end of a run that was stopped, and nothing of one that recorded nothing', async () => {
    const stopped = await openSink(folder);
    await recordIterations(stopped, [1, 1, 2]);
    await stopped.dispose?.();
    const silent = await openSink(folder);
    await silent.dispose?.();
    const files = offlineRuns(folder);
    expect(files.length).toBe(1);
    expect(recordsOf(readFileSync(files[0]?.[1] ?? '')).length).toBe(4);
  });
});

it('names that W&B would refuse are refused here', () => {
  expect(wandbSettings.safeParse({ project: 'a/b' }).success).toBe(false);
  expect(wandbSettings.safeParse({ project: '' }).success).toBe(false);
  expect(wandbSettings.safeParse({ entity: 'team', group: 'seeds 1 to 5' }).success).toBe(true);
});
