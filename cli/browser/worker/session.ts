import type { Platform } from '../../../core/contracts/platform.js';
import { OrzError } from '../../../core/errors.js';
import type { Registry } from '../../../core/plugin/registry.js';
import { packError } from '../../run/messages.js';
import { createReportingEvents } from '../../run/report-events.js';
import type { ArchiveKind, FromWorker, Gpu, NoGpu, RunChoice, ToWorker } from '../messages.js';
import { resolveChoice, runnableAblations, runnablePresets } from './choices.js';
import type { BufferMemory } from './gated-backend.js';
import { Gate } from './gate.js';
import { createMemoryStorage, type MemoryStorage } from './memory-storage.js';
import { planChoice } from './plan.js';
import { createBrowserRegistry } from './plugins.js';
import { createBundledRewardPool } from './rewards.js';
import { executeInBrowser } from './run.js';
import { createSampleSink } from './sample-sink.js';
import { packArchive } from './archive.js';

/** What the session needs of the worker it lives in. */
export interface SessionHost {
  readonly post: (message: FromWorker, transfer?: readonly ArrayBuffer[]) => void;
  /** Milliseconds from a fixed point. */
  readonly now: () => number;
  /** Milliseconds since 1970, for the dates in archives. */
  readonly date: () => number;
}

/** Answers the page; runs one training run in its life. */
export interface Session {
  receive(message: ToWorker): Promise<void>;
}

/** Greets the page and waits for what it asks. Whatever fails is sent to the page: nothing is thrown. */
export async function openSession(host: SessionHost, gpu: Gpu | NoGpu): Promise<Session> {
  const run = new WorkerRun(host);
  const presets = await runnablePresets(run.registry);
  host.post({ kind: 'ready', presets, ablations: await runnableAblations(presets[0]!.name, run.registry), gpu });
  return { receive: (message) => run.receive(message) };
}

class WorkerRun {
  readonly registry: Registry;
  private readonly gate: Gate;
  private readonly buffers: BufferMemory = { bytes: 0, peakBytes: 0 };
  private readonly controller = new AbortController();
  private storage: MemoryStorage | undefined;

  constructor(private readonly host: SessionHost) {
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
        this.controller.abort(
          new OrzError('ORZ_INTERRUPTED', 'Stopped before the first iteration ended', {
            remedy: 'Nothing was trained yet; start again when you like.',
          }),
        );
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
      this.host.post({
        kind: 'checked',
        id,
        plan: await planChoice(
          resolved,
          this.registry,
          this.platform(createMemoryStorage('nowhere'), resolved.config.reward.type),
        ),
      });
    } catch (error) {
      this.host.post({ kind: 'rejected', id, error: packError(error) });
    }
  }

  private async start(choice: RunChoice): Promise<void> {
    const { host } = this;
    try {
      if (this.storage)
        throw new OrzError('ORZ_USAGE', 'This worker has a run already', {
          remedy: 'Reload the page to start another one.',
        });
      // Taken before anything is waited for, so that a second message finds it; given back if there is nothing to run.
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
        onMetrics: (metrics) => {
          host.post({ kind: 'metrics', metrics });
        },
      });
      host.post({ kind: 'finished', summary });
    } catch (error) {
      host.post({ kind: 'failed', error: packError(error) });
    }
  }

  private async download(id: number, what: ArchiveKind): Promise<void> {
    try {
      if (!this.storage) throw new OrzError('ORZ_USAGE', 'There is no run yet', { remedy: 'Start one first.' });
      const { name, content } = await packArchive(this.storage, what, this.host.date());
      this.host.post({ kind: 'archive', id, name, content }, [content.buffer]);
    } catch (error) {
      this.host.post({ kind: 'rejected', id, error: packError(error) });
    }
  }

  private platform(storage: MemoryStorage, reward: string): Platform {
    return {
      storage,
      now: () => this.gate.runNow(),
      // A page may not ask what its process takes; this is what the run itself holds.
      memory: () => ({
        bytes: this.buffers.bytes + storage.bytes(),
        peakBytes: this.buffers.peakBytes + storage.bytes(),
      }),
      createRewardPool: (module) => createBundledRewardPool(reward, module.settings),
    };
  }
}
