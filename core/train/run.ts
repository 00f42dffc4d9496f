import type { RunConfig } from '../config/schema.js';
import type { RunContainer } from '../container.js';
import type { Engine } from '../contracts/engine.js';
import type { BaseModel } from '../contracts/model-source.js';
import type { Metrics, Platform, RolloutBatch, RunEvents } from '../contracts/platform.js';
import type { ProblemSet } from '../contracts/problems.js';
import type { Sampler } from '../contracts/sampler.js';
import { OrzError } from '../errors.js';
import type { Random } from '../random.js';
import { collect, type Collected, type Collector } from './collect.js';
import { Canary } from './canary.js';
import { evaluate, type EvaluationReport } from './evaluate.js';
import { requireSynchronised } from './guards.js';
import { examineHealth, healthyStart, type HealthState } from './health.js';
import { ProblemLoader } from './loader.js';
import { costMetrics, learningMetrics, responseMetrics } from './metrics.js';
import { evaluationRecords, trainingRecords } from './rollout-records.js';
import { openTrainingProblems } from './open-problems.js';
import { saveIteration, saveModel, saveModels } from './save.js';
import { Timer } from './timer.js';
import { Trainer, type StepCounters } from './trainer.js';

export interface TrainingRun {
  readonly config: RunConfig;
  readonly container: RunContainer;
  readonly platform: Platform;
  readonly events: RunEvents;
  readonly random: Random;
  /** Ends the run at the next safe point; the models are saved, then ORZ_INTERRUPTED is thrown. */
  readonly signal: AbortSignal;
  /** What `config.json` of the run folder shall say; written once the data have opened, so that bad data leave no file. */
  readonly configFile: string;
  /** Called with the metrics of each iteration after the sinks have them. */
  readonly onMetrics?: (metrics: Metrics) => void;
}

export interface SampleAnswer { readonly problem: string; readonly answer: string; readonly response: string; readonly verdict: string; readonly reward: number }

export interface RunSummary {
  readonly iterations: number;
  /** Held-out results by name of the set. */
  readonly before: Readonly<Record<string, EvaluationReport>>;
  readonly after: Readonly<Record<string, EvaluationReport>>;
  readonly samplesBefore: readonly SampleAnswer[];
  readonly samplesAfter: readonly SampleAnswer[];
  readonly seconds: number;
  readonly location: string;
}

/** Everything alive during a run. */
interface Session extends TrainingRun {
  readonly base: BaseModel;
  readonly engine: Engine;
  readonly sampler: Sampler;
  readonly problems: ProblemSet;
  readonly collector: Collector;
}

const shownSamples = 2;

/** The whole run: base model, evaluation, iterations, evaluation; the models are saved at the end and when interrupted. */
export async function runTraining(run: TrainingRun): Promise<RunSummary> {
  const start = run.platform.now();
  const session = await open(run);
  try {
    await saveModel(run.platform.storage, session.engine.policy, session.base, 'base');
    const before = await evaluateAll(session, 0, run.config.evaluation.problems);
    for (const [name, report] of Object.entries(before.reports)) run.events.log('info', `before training: reward ${report.reward.toFixed(3)} on ${name}`);
    const after = await iterate(session);
    await saveModels(run.platform.storage, session.engine, session.base, 'final');
    const summary: RunSummary = {
      iterations: run.config.iterations, before: before.reports, after: after.reports, samplesBefore: before.samples, samplesAfter: after.samples,
      seconds: (run.platform.now() - start) / 1000, location: run.platform.storage.location,
    };
    await run.platform.storage.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`);
    return summary;
  } finally {
    await session.collector.rewards.dispose();
    await session.engine.dispose();
  }
}

async function open(run: TrainingRun): Promise<Session> {
  const { config, container, platform, events, random, signal } = run;
  const [advantage, kl] = [container.get('advantage'), container.get('kl')];
  const problems = await openTrainingProblems(run);
  await platform.storage.write('config.json', run.configFile);
  const base = await container.get('model').load({ random, events, signal });
  const engine = await container.get('engine').create({ base, optimizer: container.get('optimizer'), critic: advantage.needsCritic, reference: kl.needsReference, random });
  events.log('info', [`device: ${engine.device.backend} on ${engine.device.device}`, ...engine.device.notes].join('; '));
  const sampler = await container.get('sampler').create(engine);
  const rewards = await platform.createRewardPool(container.get('reward'), { ...config.grading, onIncident: (message) => events.log('warn', message) });
  const collector: Collector = { sampler, rewards, tokenizer: base.tokenizer, template: container.get('template'), maxPromptTokens: config.maxPromptTokens };
  requireSynchronised(await sampler.sync(engine.policy), sampler, engine.policy.version);
  return { ...run, base, engine, sampler, problems, collector };
}

/**
 * Algorithm of the paper: collect under the present policy, learn from it once, hand the new weights to the sampler.
 * Returns the evaluation after the last iteration.
 */
async function iterate(session: Session): Promise<Evaluation> {
  const { config, container, engine, sampler, problems, random, platform, events, signal } = session;
  const trainer = container.resolve(Trainer);
  const loader = new ProblemLoader(problems.train, random.stream('problem order'));
  const steps: StepCounters = { policy: 0, critic: 0 };
  let health = healthyStart;
  const canary = config.guards.canary ? await Canary.create(engine) : undefined;
  const phase = events.phase('iterations', config.iterations, 'iterations');
  let held: Evaluation | undefined;
  for (let iteration = 1; iteration <= config.iterations; iteration++) {
    if (signal.aborted) await interrupted(session, iteration - 1);
    const timer = new Timer(() => platform.now());
    const chosen = loader.take((iteration - 1) * config.rolloutBatchSize, config.rolloutBatchSize);
    const collected = await timer.measure('sample', () => collectTraining(session, chosen, iteration));
    const report = await trainer.learn(engine, collected, iteration, steps, timer, never);
    requireSynchronised(await timer.measure('sync', () => sampler.sync(engine.policy)), sampler, engine.policy.version);
    await canary?.check(engine, report, config.temperature, config.samplesPerPrompt);
    const last = iteration === config.iterations;
    const due = last || (config.evaluation.every > 0 && iteration % config.evaluation.every === 0);
    held = due ? await timer.measure('evaluation', () => evaluateAll(session, iteration, last ? config.evaluation.problems : config.evaluation.periodicProblems)) : undefined;
    health = await record(session, health, {
      iteration, ...responseMetrics(collected.rollouts, collected.results), ...learningMetrics(report, config.samplesPerPrompt),
      weightVersion: engine.policy.version, ...(held && evaluationMetrics(held.reports)), rewardPool: { ...session.collector.rewards.stats },
      ...costMetrics(timer.seconds, collected.rollouts, platform.memory()),
    });
    await shareRollouts(session, { iteration, records: trainingRecords(report.batch) });
    if (!last && iteration % config.checkpoint.every === 0) await saveIteration(platform.storage, engine, session.base, iteration, config.checkpoint.keep);
    phase.progress(iteration);
  }
  phase.end();
  return held!;
}

/** A step that has begun is finished before a run stops, so learning itself is never cut. */
const never = new AbortController().signal;

async function collectTraining(session: Session, problems: Parameters<typeof collect>[1]['problems'], iteration: number): Promise<Collected> {
  const { config, collector, events } = session;
  const phase = events.phase('sampling and grading', problems.length * config.samplesPerPrompt, 'responses');
  const collected = await collect(collector, {
    problems, samples: config.samplesPerPrompt, key: iteration, onProgress: (done) => phase.progress(done),
    sampling: { temperature: config.temperature, topP: config.topP, topK: config.topK, maxResponseTokens: config.maxResponseTokens },
  });
  phase.end();
  return collected;
}

interface Evaluation { readonly reports: Record<string, EvaluationReport>; readonly samples: SampleAnswer[] }

async function evaluateAll(session: Session, iteration: number, limit: number): Promise<Evaluation> {
  const { config, collector, events, problems } = session;
  const reports: Record<string, EvaluationReport> = {};
  const samples: SampleAnswer[] = [];
  for (const [name, list] of Object.entries(problems.evaluation)) {
    const { report, collected } = await evaluate(collector, { name, problems: list, limit, samples: config.evaluation.samples, temperature: config.evaluation.temperature, maxResponseTokens: config.maxResponseTokens, signal: never }, events);
    reports[name] = report;
    await shareRollouts(session, { iteration, set: name, records: evaluationRecords(collected, config.evaluation.samples) });
    samples.push(...collected.rollouts.slice(0, shownSamples).map((r, i) => ({ problem: r.problem.prompt, answer: r.problem.answer, response: r.text, verdict: collected.results[i]!.verdict, reward: collected.results[i]!.value })));
  }
  return { reports, samples: samples.slice(0, shownSamples) };
}

const evaluationMetrics = (reports: Readonly<Record<string, EvaluationReport>>): Metrics => Object.fromEntries(Object.entries(reports).map(([name, r]) => [`evaluation/${name}`, {
  reward: r.reward, responseLength: r.responseLength, formatShare: r.formatShare, reflectionShare: r.reflectionShare, truncatedShare: r.stopReasons.length,
}]));

/** Hands the metrics of an iteration, with what they warn of, to all who listen; returns what the next examination must know. */
async function record(session: Session, health: HealthState, numbers: Metrics): Promise<HealthState> {
  requireFiniteMetrics(numbers);
  const { state, raised, active } = examineHealth(health, numbers);
  const metrics: Metrics = { ...numbers, warnings: active };
  for (const sink of session.container.metrics) await sink.record(metrics);
  session.onMetrics?.(metrics);
  for (const { message, advice } of raised) session.events.log('warn', `${message}. ${advice}`);
  return state;
}

function requireFiniteMetrics(metrics: Metrics): void {
  for (const [name, value] of Object.entries(metrics)) {
    const bad = (typeof value === 'object' && value !== null ? Object.values(value) : [value]).find((x) => typeof x === 'number' && !Number.isFinite(x));
    if (bad !== undefined) throw new OrzError('ORZ_NOT_FINITE', `the metric ${name} is ${String(bad)}`, { value: String(bad), origin: `iteration ${JSON.stringify(metrics['iteration'])}`, remedy: 'look at the rollouts of this iteration; the last checkpoint is good' });
  }
}

/** Hands responses to the sinks that want them. */
async function shareRollouts({ container, base }: Session, batch: Omit<RolloutBatch, 'tokenizer'>): Promise<void> {
  for (const sink of container.metrics) await sink.rollouts?.({ ...batch, tokenizer: base.tokenizer });
}

async function interrupted(session: Session, iteration: number): Promise<never> {
  await saveModels(session.platform.storage, session.engine, session.base, 'interrupted');
  throw new OrzError('ORZ_INTERRUPTED', `stopped after iteration ${iteration}; the models are saved`, { origin: `${session.platform.storage.location}/checkpoints/interrupted` });
}
