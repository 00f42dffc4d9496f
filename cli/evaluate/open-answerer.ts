import { basename, join, resolve } from 'node:path';
import type { Answerer } from '../../core/contracts/answerer.js';
import type { RunEvents } from '../../core/contracts/run-events.js';
import { createPromptMeter, type PromptMeter } from '../../core/data/prompt-meter.js';
import { encodePrompt } from '../../core/train/loop/prompt-encoder.js';
import { configFile } from '../config/gather.js';
import { openModel, type OpenedModel } from '../model/open-model.js';
import type { EvaluationContext } from './grading.js';
import { openLocalAnswerer } from './local-answerer.js';
import type { EvaluateFlags } from './options.js';
import { openServed } from './served/open-served.js';
import { recordTraffic, serverFolderName } from './served/record-traffic.js';
import type { TrafficCounts } from './served/traffic.js';

/** The model that answers, and where its results go. */
export interface AnswererTarget {
  readonly runDir: string | undefined;
  readonly checkpoint: string | undefined;
  readonly out: string;
  readonly events: RunEvents;
  readonly signal: AbortSignal;
}

/** Who answers, and the configuration that says how questions are read and graded. */
export interface OpenedAnswerer {
  readonly context: Pick<EvaluationContext, 'resolved' | 'registry' | 'plugins'>;
  /** Measures prompts; absent where the tokenizer is not known, as at a server. */
  readonly prompts?: PromptMeter;
  /** Closes itself where it cannot be opened. */
  answerer(): Promise<Answerer>;
  /** For when nobody is asked to answer. */
  close(): Promise<void>;
}

/** Opens the model that the flags name, here or at a server; `set` are settings of the configuration. */
export const openAnswerer = (
  flags: EvaluateFlags,
  set: readonly string[],
  target: AnswererTarget,
): Promise<OpenedAnswerer> =>
  flags.url === undefined ? openHere(flags, set, target) : openThere(flags.url, { ...flags, set }, target);

async function openHere(
  flags: EvaluateFlags,
  set: readonly string[],
  { runDir, checkpoint, events, signal }: AnswererTarget,
): Promise<OpenedAnswerer> {
  const template = flags.chat === true ? 'chat' : flags.template;
  const file = runDir === undefined ? await configFile(flags, process.cwd()) : undefined;
  const model = await openModel(modelFlags(flags, { runDir, checkpoint, template, set, file }), events, signal);
  return {
    context: model,
    prompts: promptMeter(model),
    answerer: () => openLocalAnswerer(model),
    close: () => model.close(),
  };
}

function promptMeter({ container, description }: OpenedModel): PromptMeter {
  const template = container.get('template');
  return createPromptMeter(
    (problem) => template.render(problem, description),
    (problem) => encodePrompt(description, template, problem),
  );
}

async function openThere(
  url: string,
  flags: EvaluateFlags,
  { out, events, signal }: AnswererTarget,
): Promise<OpenedAnswerer> {
  const onClose = (traffic: TrafficCounts): Promise<void> => recordTraffic(traffic, out, events);
  const file = await configFile(flags, process.cwd());
  const opened = await openServed(url, { ...flags, file }, { events, onClose }, signal);
  const { answerer, ...context } = opened;
  return { context, answerer: async () => answerer, close: () => answerer.close() };
}

/** The flags that say which model is meant, without those that are absent. */
function modelFlags(
  { model, revision, seed, backend, trustPlugins }: EvaluateFlags,
  chosen: Readonly<Record<string, unknown>>,
): Parameters<typeof openModel>[0] {
  const all = { model, revision, seed, backend, trustPlugins, ...chosen };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** A folder below `parent`, named after the model and the time. */
export function newFolder(parent: string, { url, model = '' }: EvaluateFlags, runDir: string | undefined): string {
  const name = url === undefined ? basename(resolve(runDir ?? model)) : serverFolderName(url);
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return join(parent, `${name}-${time}`);
}
