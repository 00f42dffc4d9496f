import { expect, it } from 'vitest';
import type { Metrics } from '../../../core/contracts/metric-sink.js';
import type { Storage } from '../../../core/contracts/storage.js';
import type { ProviderContext } from '../../../core/plugin/define.js';
import { crc32c, maskedCrc32c } from '../../../plugins/metrics-tensorboard/crc32c.js';
import { scalarsOf } from '../../../plugins/metrics-tensorboard/event.js';
import plugin from '../../../plugins/metrics-tensorboard/plugin.js';
import { frame } from '../../../plugins/metrics-tensorboard/record.js';

const files = new Map<string, Buffer>();
const storage = {
  size: async (path: string) => files.get(path)?.length,
  append: async (path: string, content: Uint8Array) => {
    files.set(path, Buffer.concat([files.get(path) ?? Buffer.alloc(0), content]));
  },
} as Partial<Storage> as Storage;

async function record(...metrics: Metrics[]): Promise<void> {
  const [provider] = plugin.provides;
  const sink = await provider.create(
    provider.settings.parse({}) as never,
    { platform: { storage } } as ProviderContext,
  );
  for (const each of metrics) await sink.record(each);
}

/** Data of every record; throws at the first wrong checksum, as TensorBoard does. */
function unframe(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    if (
      file.readUInt32LE(at + 8) !== maskedCrc32c(file.subarray(at, at + 8)) ||
      file.readUInt32LE(at + 12 + length) !== maskedCrc32c(data)
    )
      throw new Error(`record ${records.length}`);
    records.push(data);
    at += length + 16;
  }
  return records;
}

it('the checksum is CRC-32C: the examples of RFC 3720, B.4', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(
    [
      new Uint8Array(32),
      new Uint8Array(32).fill(0xff),
      ascending,
      ascending.toReversed(),
      Buffer.from('123456789'),
    ].map(crc32c),
  ).toEqual([0x8a9136aa, 0x62a8ab43, 0x46dd794e, 0x113fdb5c, 0xe3069283]);
});

it('a record is what TensorBoard writes', () => {
  // tensorboard.summary.writer.record_writer.RecordWriter(file).write(b'abc')
  expect(Buffer.from(frame(Buffer.from('abc'))).toString('hex')).toBe('0300000000000000b099490e6162636e57f121');
});

it('scalars are all finite numbers, parts of a metric by path', () => {
  expect(
    scalarsOf({
      iteration: 4,
      reward: 0.5,
      kl: null,
      note: 'text',
      stopReasons: { stop: 0.75, length: 0.25 },
      'evaluation/held': { reward: 1 },
    }),
  ).toEqual([
    { tag: 'reward', value: 0.5 },
    { tag: 'stopReasons/stop', value: 0.75 },
    { tag: 'stopReasons/length', value: 0.25 },
    { tag: 'evaluation/held/reward', value: 1 },
  ]);
});

it('a file begins with its version, once, also when a run goes on in it', async () => {
  await record({ iteration: 1, reward: 0.25 }, { iteration: 2, reward: 0.5 });
  await record({ iteration: 3, reward: 0 });
  expect([...files.keys()]).toEqual(['tensorboard/events.out.tfevents.orz']);
  const records = unframe(files.get('tensorboard/events.out.tfevents.orz')!);
  expect(records.map((data) => data.includes('brain.Event:2'))).toEqual([true, false, false, false]);
  expect(records.map((data) => data.includes('reward'))).toEqual([false, true, true, true]);
  // step: field 2, varint; reward as float in field 2 of the value, which a 0 has too.
  expect(
    records.slice(1).map((data) => [data[9], data[10], data.readFloatLE(data.length - 4), data[data.length - 5]]),
  ).toEqual([
    [0x10, 1, 0.25, 0x15],
    [0x10, 2, 0.5, 0x15],
    [0x10, 3, 0, 0x15],
  ]);
});
