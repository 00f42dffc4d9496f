import * as z from 'zod';
import type { IterationEnd, Metrics, MetricSink } from '../../core/contracts/metric-sink.js';
import type { Storage } from '../../core/contracts/storage.js';
import { unguessable } from '../../core/unguessable.js';
import { fileHeader, frame } from './log-format.js';
import { exitRecord, headerRecord, historyRecord, runRecord, summaryRecord, type Values } from './records.js';
import type { WandbSettings } from './settings.js';

const stateSchema = z.object({ id: z.string(), begun: z.number(), records: z.number(), isComplete: z.boolean() });
type State = z.infer<typeof stateSchema>;

/** Writes an offline run below `wandb/` of the run folder, where `wandb sync` finds it. */
export class WandbSink implements MetricSink {
  readonly name = 'wandb';
  private current: State | undefined;

  constructor(
    private readonly settings: WandbSettings,
    private readonly storage: Storage,
  ) {}

  async record(metrics: Metrics): Promise<void> {
    const now = Date.now() / 1000;
    this.current ??= await this.begin(now);
    const { begun } = this.current;
    const step = Number(metrics['iteration']);
    const values = { ...valuesOf(metrics), _step: step, _timestamp: now, _runtime: now - begun };
    await this.append((num) => historyRecord(num, step, values));
    await this.append((num) => summaryRecord(num, values));
  }

  iterationEnd({ iteration, iterations }: IterationEnd): undefined {
    if (this.current) this.current = { ...this.current, isComplete: iteration === iterations };
  }

  state(): State | undefined {
    return this.current;
  }

  restore(state: unknown): void {
    this.current = stateSchema.optional().parse(state);
  }

  /** A run that was stopped or failed gets no end, as one that was killed. */
  async dispose(): Promise<void> {
    if (!this.current?.isComplete) return;
    const runtime = Date.now() / 1000 - this.current.begun;
    await this.append((num) => exitRecord(num, runtime));
  }

  private async begin(begun: number): Promise<State> {
    this.current = { id: unguessable(''), begun, records: 0, isComplete: false };
    const { project, entity, group } = this.settings;
    const name = this.storage.location.split(/[/\\]/).findLast((part) => part !== '') ?? project;
    const identity = {
      id: this.current.id,
      project,
      ...(entity !== undefined && { entity }),
      ...(group !== undefined && { group }),
      name,
      config: await readConfig(this.storage),
      begun,
    };
    // `wandb sync` puts what it makes of settings and summary into this folder, and fails quietly if there is none.
    const metadata = { program: 'orz-train', startedAt: new Date(begun * 1000).toISOString() };
    await this.storage.write(`${folderOf(this.current)}/files/wandb-metadata.json`, `${JSON.stringify(metadata)}\n`);
    await this.storage.append(fileOf(this.current), fileHeader);
    await this.append(headerRecord);
    await this.append((num) => runRecord(num, identity));
    return this.current;
  }

  private async append(recordOf: (num: number) => Uint8Array): Promise<void> {
    if (!this.current) return;
    const records = this.current.records + 1;
    const file = fileOf(this.current);
    await this.storage.append(file, frame(recordOf(records), (await this.storage.size(file)) ?? 0));
    this.current = { ...this.current, records };
  }
}

/** The names that `wandb sync` looks for: the time is that of the start, in UTC. */
function folderOf({ id, begun }: State): string {
  const [day = '', time = ''] = new Date(begun * 1000).toISOString().split('T');
  const stamp = `${day.replaceAll('-', '')}_${time.slice(0, 8).replaceAll(':', '')}`;
  return `wandb/offline-run-${stamp}-${id}`;
}

const fileOf = (state: State): string => `${folderOf(state)}/run-${state.id}.wandb`;

/** Numbers and texts of one iteration by name; parts of a metric are named `metric/part`. Null is left out. */
function valuesOf(metrics: Metrics): Values {
  const { iteration: _, ...others } = metrics;
  const parts = Object.entries(others).flatMap(([name, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([part, x]) => [`${name}/${part}`, x])
      : [[name, value]],
  );
  return Object.fromEntries(parts.filter(([, value]) => value !== null));
}

/**
 * The settings of the run, without those that others should not see or learn nothing from: sinks, which may name
 * addresses with secrets, and where the run lies.
 */
async function readConfig(storage: Storage): Promise<Values> {
  const content = await storage.read('config.json');
  if (content === undefined) return {};
  const {
    metrics: _,
    runDir: __,
    ...config
  } = JSON.parse(new TextDecoder().decode(content)) as Record<string, unknown>;
  return config;
}
