import protobuf from 'protobufjs/light.js';

/**
 * The part of wandb/proto/wandb_internal.proto that a run with numbers needs. Field numbers are those of the format,
 * compared with `wandb` 0.31.
 */
const text = (id: number) => ({ type: 'string', id });
const items = (id: number) => ({ rule: 'repeated', type: 'Item', id });
const schema = protobuf.Root.fromJSON({
  nested: {
    Record: {
      oneofs: { kind: { oneof: ['history', 'summary', 'run', 'exit', 'header'] } },
      fields: {
        num: { type: 'int64', id: 1 },
        history: { type: 'History', id: 2 },
        summary: { type: 'Summary', id: 3 },
        run: { type: 'Run', id: 17 },
        exit: { type: 'Exit', id: 18 },
        header: { type: 'Header', id: 21 },
      },
    },
    Item: { fields: { key: text(1), nestedKey: { rule: 'repeated', ...text(2) }, valueJson: text(16) } },
    Step: { fields: { num: { type: 'int64', id: 1 } } },
    History: { fields: { item: items(1), step: { type: 'Step', id: 2 } } },
    Summary: { fields: { update: items(1) } },
    Config: { fields: { update: items(1) } },
    Timestamp: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
    Run: {
      fields: {
        runId: text(1),
        entity: text(2),
        project: text(3),
        config: { type: 'Config', id: 4 },
        runGroup: text(6),
        displayName: text(8),
        startTime: { type: 'Timestamp', id: 17 },
      },
    },
    Exit: { fields: { exitCode: { type: 'int32', id: 1 }, runtime: { type: 'int32', id: 2 } } },
    Version: { fields: { producer: text(1), minConsumer: text(2) } },
    Header: { fields: { versionInfo: { type: 'Version', id: 1 } } },
  },
});
const recordType = schema.lookupType('Record');

/** Values by name; each is written as JSON. */
export type Values = Readonly<Record<string, unknown>>;

/** What identifies a run at W&B. */
export interface RunIdentity {
  readonly id: string;
  readonly project: string;
  readonly entity?: string;
  readonly group?: string;
  readonly name: string;
  readonly config: Values;
  /** Seconds since 1970. */
  readonly begun: number;
}

const encode = (num: number, content: object): Uint8Array =>
  recordType.encode(recordType.fromObject({ num, ...content })).finish();

const itemsOf = (values: Values): object[] =>
  Object.entries(values).map(([name, value]) => ({ nestedKey: [name], valueJson: JSON.stringify(value) }));

/** The first record of every file. `0.70.0` is what `wandb` 0.31 asks of those that read its own files. */
export const headerRecord = (num: number): Uint8Array =>
  encode(num, { header: { versionInfo: { producer: 'open-reasoner-zero', minConsumer: '0.70.0' } } });

export const runRecord = (num: number, { id, project, entity, group, name, config, begun }: RunIdentity): Uint8Array =>
  encode(num, {
    run: {
      runId: id,
      project,
      ...(entity !== undefined && { entity }),
      ...(group !== undefined && { runGroup: group }),
      displayName: name,
      config: { update: Object.entries(config).map(([key, value]) => ({ key, valueJson: JSON.stringify(value) })) },
      startTime: { seconds: Math.floor(begun), nanos: 0 },
    },
  });

export const historyRecord = (num: number, step: number, values: Values): Uint8Array =>
  encode(num, { history: { item: itemsOf(values), step: { num: step } } });

/** The newest values, which W&B shows in its tables of runs. */
export const summaryRecord = (num: number, values: Values): Uint8Array =>
  encode(num, { summary: { update: itemsOf(values) } });

/** The run ended as it should; `runtime` in seconds. */
export const exitRecord = (num: number, runtime: number): Uint8Array =>
  encode(num, { exit: { exitCode: 0, runtime: Math.floor(runtime) } });
