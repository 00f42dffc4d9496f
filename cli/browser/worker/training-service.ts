import type { Platform } from '../../../core/contracts/platform.js';
import type { Registry } from '../../../core/plugin/registry.js';
import { elementAt } from '../../../core/arrays.js';
import { packError } from '../../run/messages.js';
import { createReportingEvents } from '../../run/report-events.js';
import { noRunYet, runAlreadyStarted, stoppedBeforeFirstIteration } from '../errors.js';
import type { ArchiveKind, FromWorker, Gpu, NoGpu, RunChoice, ToWorker } from '../messages.js';
import { packArchive } from './archive.js';
import { resolveChoice, runnableAblations, runnablePresets } from './choices.js';
import type { BufferMemory } from './gated-backend.js';
import { Gate } from './gate.js';
import { createMemoryStorage, type MemoryStorage } from './memory-storage.js';
import { planChoice } from './plan.js';
import { createBrowserRegistry } from './plugins.js';
import { createBundledRewardPool } from './rewards.js';
import { executeInBrowser } from './run.js';
import { createSampleSink } from './sample-sink.js';

/** What the service needs of the worker that hosts it. */
export interface WorkerHost {
  readonly post: (message: FromWorker, transfer?: readonly ArrayBuffer[]) => void;
  /** Milliseconds from a fixed point. */
  readonly now: () => number;
  /** Milliseconds since 1970, for the dates in archives. */
  readonly date: () => number;
}

/** Announces to the page what can be chosen, and returns the service that answers its messages. */
export async function startTrainingService(host: WorkerHost, gpu: Gpu | NoGpu): Promise<TrainingService> {
  const service = new TrainingService(host);
  const presets = await runnablePresets(service.registry);
  const ablations = await runnableAblations(elementAt(presets, 0).name, service.registry);
  host.post({ kind: 'ready', presets, ablations, gpu });
  return service;
}

/** Answers the page and executes at most one training run. Failures are posted to the page; nothing is thrown. */
export class TrainingService {
  readonly registry: Registry;
  private readonly gate: Gate;
  private readonly buffers: BufferMemory = { bytes: 0, peakBytes: 0 };
  private readonly controller = new AbortController();
  /** The files of the run; undefined until one has started. */
  private storage: MemoryStorage | undefined;

  constructor(private readonly host: WorkerHost) {
    this.gate = new Gate(host.now, () => {
      host.post({ kind: 'paused', paused: true });
    });
    this.registry = createBrowserRegistry(this.gate, this.buffers);
  }

  async receive(message: ToWorker): Promise<void> {
    switch (message.kind) {
      case 'check':
        return this.check(message.id, message.choice);
      case 'start':
        return this.start(message.choice);
      case 'pause':
        this.gate.close();
        return;
      case 'resume':
        return this.resume();
      case 'stop':
        this.controller.abort(stoppedBeforeFirstIteration());
        return this.resume();
      case 'download':
        return this.download(message.id, message.what);
    }
  }

  private resume(): void {
    if (!this.gate.closed) return;
    this.gate.reopen();
    this.host.post({ kind: 'paused', paused: false });
  }

  private async check(id: number, choice: RunChoice): Promise<void> {
    try {
      const resolved = await resolveChoice(choice, this.registry);
      const platform = this.platform(createMemoryStorage('nowhere'), resolved.config.reward.type);
      this.host.post({ kind: 'checked', id, planned: await planChoice(resolved, this.registry, platform) });
    } catch (error) {
      this.host.post({ kind: 'rejected', id, error: packError(error) });
    }
  }

  private async start(choice: RunChoice): Promise<void> {
    try {
      await this.execute(choice);
    } catch (error) {
      this.host.post({ kind: 'failed', error: packError(error) });
    }
  }

  private async execute(choice: RunChoice): Promise<void> {
    const { host } = this;
    if (this.storage) throw runAlreadyStarted();
    // Set before the first await, so that a second message sees it; unset again if there is nothing to execute.
    const storage = (this.storage = createMemoryStorage('this page'));
    const resolved = await resolveChoice(choice, this.registry).catch((error: unknown) => {
      this.storage = undefined;
      throw error;
    });
    host.post({ kind: 'started', runDir: storage.location });
    const summary = await executeInBrowser({
      resolved,
      platform: this.platform(storage, resolved.config.reward.type),
      signal: this.controller.signal,
      events: createReportingEvents(host.post, host.now),
      sink: createSampleSink((batch) => {
        host.post({ kind: 'samples', ...batch });
      }),
      onBaseEvaluation: (metrics) => {
        host.post({ kind: 'before', metrics });
      },
      onMetrics: (metrics) => {
        host.post({ kind: 'metrics', metrics });
      },
    });
    host.post({ kind: 'finished', summary });
  }

  private async download(id: number, what: ArchiveKind): Promise<void> {
    try {
      if (!this.storage) throw noRunYet();
      const { name, content } = await packArchive(this.storage, what, this.host.date());
      this.host.post({ kind: 'archive', id, name, content }, [content.buffer]);
    } catch (error) {
      this.host.post({ kind: 'rejected', id, error: packError(error) });
    }
  }

  private platform(storage: MemoryStorage, reward: string): Platform {
    return {
      storage,
      now: () => this.gate.now(),
      // A page cannot ask how much memory its process uses; this is what the run itself has allocated.
      memory: () => ({
        bytes: this.buffers.bytes + storage.bytes(),
        peakBytes: this.buffers.peakBytes + storage.bytes(),
      }),
      createRewardPool: (module) => createBundledRewardPool(reward, module.settings),
    };
  }
}
