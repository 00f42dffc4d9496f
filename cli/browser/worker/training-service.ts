import type { ResolvedConfig } from '../../../core/config/resolve.js';
import type { RunConfig } from '../../../core/config/schema.js';
import type { Platform } from '../../../core/contracts/platform.js';
import type { Registry } from '../../../core/plugin/registry.js';
import { packError } from '../../run/messages.js';
import { reportingCallbacks } from '../../run/run-callbacks.js';
import { trainInStorage } from '../../run/train-in-storage.js';
import type { RunSummary } from '../../../core/train/loop/run.js';
import { noRunYet, runAlreadyStarted, stoppedBeforeFirstIteration } from '../errors.js';
import type { FromWorker, Gpu, NoGpu, PlannedRun, Question, Questions, RunRequest, ToWorker } from '../messages.js';
import { openRunArchive, packArchive } from './archive.js';
import type { BufferMemory } from './gated-backend.js';
import { Gate } from './gate.js';
import { resolveRequest } from './gather.js';
import { createMemoryStorage, type MemoryStorage } from './memory-storage.js';
import { planInBrowser } from './plan.js';
import { createBrowserRegistry } from './plugins.js';
import { runnablePresets } from './presets.js';
import { createBundledRewardPool } from './rewards.js';
import { createRolloutSink } from './rollout-sink.js';

/** What the service needs of the thread that hosts it. */
export interface ServiceHost {
  readonly post: (message: FromWorker, transfer?: readonly ArrayBuffer[]) => void;
  /** Milliseconds from a fixed point. */
  readonly now: () => number;
  /** Milliseconds since 1970, for the dates in archives. */
  readonly date: () => number;
  readonly findGpu: () => Promise<Gpu | NoGpu>;
}

interface PreparedRun {
  readonly storage: MemoryStorage;
  readonly resolved: ResolvedConfig;
  readonly resume: RunRequest['resume'];
}

/** Answers questions and executes at most one training run. Failures are posted; nothing is thrown. */
export class TrainingService {
  private readonly registry: Registry;
  private readonly gate: Gate;
  private readonly buffers: BufferMemory = { bytes: 0, peakBytes: 0 };
  private readonly controller = new AbortController();
  /** The run of this thread, once there is one. */
  private prepared: PreparedRun | undefined;

  constructor(private readonly host: ServiceHost) {
    this.gate = new Gate(host.now, () => {
      host.post({ kind: 'paused', paused: true });
    });
    this.registry = createBrowserRegistry(this.gate, this.buffers);
  }

  async receive(message: ToWorker): Promise<void> {
    switch (message.kind) {
      case 'train':
        return this.train();
      case 'pause':
        this.gate.close();
        return;
      case 'unpause':
        return this.unpause();
      case 'stop':
        this.controller.abort(stoppedBeforeFirstIteration());
        return this.unpause();
      default:
        return this.respond(message);
    }
  }

  private unpause(): void {
    if (!this.gate.closed) return;
    this.gate.reopen();
    this.host.post({ kind: 'paused', paused: false });
  }

  private async respond(question: Question): Promise<void> {
    const { id } = question;
    try {
      const answer = await this.answer(question);
      this.host.post({ kind: 'answer', id, answer }, answer instanceof Uint8Array ? [answer.buffer] : []);
    } catch (error) {
      this.host.post({ kind: 'refused', id, error: packError(error) });
    }
  }

  private async answer(question: Question): Promise<Questions[keyof Questions]['answer']> {
    switch (question.kind) {
      case 'gpu':
        return this.host.findGpu();
      case 'presets':
        return runnablePresets(this.registry);
      case 'plan':
        return this.plan(question.request);
      case 'prepare':
        return this.prepare(question.request);
      case 'archive':
        if (!this.prepared) throw noRunYet();
        return packArchive(this.prepared.storage.files(), question.what, this.host.date());
    }
  }

  private async plan(request: RunRequest): Promise<PlannedRun> {
    const storage = await storageFor(request);
    const resolved = await resolveRequest(request, this.registry, storage);
    return planInBrowser(resolved, this.registry, this.platform(storage, resolved.config.reward.type));
  }

  private async prepare(request: RunRequest): Promise<RunConfig> {
    if (this.prepared) throw runAlreadyStarted();
    const storage = await storageFor(request);
    const resolved = await resolveRequest(request, this.registry, storage);
    this.prepared = { storage, resolved, resume: request.resume };
    return resolved.config;
  }

  private async train(): Promise<void> {
    const { host, prepared } = this;
    if (!prepared) return;
    const end = await this.execute(prepared).then(
      (summary) => ({ kind: 'finished' as const, summary }),
      (error: unknown) => ({ kind: 'failed' as const, error: packError(error) }),
    );
    const files = prepared.storage.files();
    host.post(
      { ...end, files },
      files.map(({ content }) => content.buffer as ArrayBuffer),
    );
  }

  private execute({ storage, resolved, resume }: PreparedRun): Promise<RunSummary> {
    const { host } = this;
    const callbacks = reportingCallbacks(host.post, this.controller.signal);
    callbacks.onStarted(storage.location, resume !== undefined);
    const sink = createRolloutSink((batch) => {
      host.post({ kind: 'rollouts', ...batch });
    });
    return trainInStorage({
      resolved,
      plugins: [],
      platform: this.platform(storage, resolved.config.reward.type),
      holdsRun: resume !== undefined,
      callbacks,
      extraSinks: [sink],
      ...(resume && { resume: { required: true, force: resume.force } }),
    });
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

/** The files of the run to continue, or none. */
const storageFor = async ({ resume }: RunRequest): Promise<MemoryStorage> =>
  resume ? openRunArchive(resume.archive) : createMemoryStorage('this page');
