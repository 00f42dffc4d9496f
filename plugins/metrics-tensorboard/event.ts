import protobuf from 'protobufjs/light.js';
import type { MetricValue, Metrics } from '../../core/contracts/metric-sink.js';

/**
 * The part of tensorflow/core/util/event.proto and framework/summary.proto that scalars need. Field numbers are those
 * of the format.
 */
const schema = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: { type: 'double', id: 1 },
        step: { type: 'int64', id: 2 },
        fileVersion: { type: 'string', id: 3 },
        summary: { type: 'Summary', id: 5 },
      },
    },
    Summary: { fields: { value: { rule: 'repeated', type: 'Value', id: 1 } } },
    // In the format the number is one of several kinds of value, so that a 0 is written like any other.
    Value: {
      oneofs: { value: { oneof: ['simpleValue'] } },
      fields: { tag: { type: 'string', id: 1 }, simpleValue: { type: 'float', id: 2 } },
    },
  },
});
const eventType = schema.lookupType('Event');

export interface Scalar {
  readonly tag: string;
  readonly value: number;
}

/** The event every file begins with. `wallTime` in seconds since 1970. */
export const versionEvent = (wallTime: number): Uint8Array =>
  eventType.encode(eventType.create({ wallTime, fileVersion: 'brain.Event:2' })).finish();

/** All scalars of one step. */
export const scalarsEvent = (wallTime: number, step: number, scalars: readonly Scalar[]): Uint8Array =>
  eventType
    .encode(
      eventType.create({
        wallTime,
        step,
        summary: { value: scalars.map(({ tag, value }) => ({ tag, simpleValue: value })) },
      }),
    )
    .finish();

/**
 * Numbers of one iteration by tag; parts of a metric are named `metric/part`. Texts and undefined values are left out.
 */
export function scalarsOf(metrics: Metrics): Scalar[] {
  const { iteration: _, ...others } = metrics;
  return Object.entries(others)
    .flatMap(([name, value]) => partsOf(name, value))
    .flatMap(([tag, value]) => (typeof value === 'number' ? [{ tag, value }] : []));
}

const partsOf = (name: string, value: MetricValue): [tag: string, value: unknown][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).map(([part, x]) => [`${name}/${part}`, x])
    : [[name, value]];
