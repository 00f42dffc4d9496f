import { existsSync } from 'node:fs';
import { join } from 'node:path';
import colors from 'picocolors';
import { parseSet } from '../../core/config/layers.js';
import { resolveConfig, type ResolvedConfig } from '../../core/config/resolve.js';
import { loadModelFolder } from '../../core/checkpoint/model-folder.js';
import { storageFolder } from '../../core/checkpoint/storage-folder.js';
import { createRunContainer, type RunContainer } from '../../core/container.js';
import type { Platform, RunEvents } from '../../core/contracts/platform.js';
import type { Completion, SamplingSettings } from '../../core/contracts/sampler.js';
import { OrzError } from '../../core/errors.js';
import { createRandom, type Random } from '../../core/random.js';
import { findConfigFile } from '../config/find-config.js';
import { openRegistry } from '../config/gather.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { exitCodes } from '../report-error.js';
import { latestRun, savedPolicy } from '../run/saved-model.js';
import { printable } from '../terminal/format.js';
import { createScreen } from '../terminal/screen.js';

export interface GenerateFlags {
  readonly runDir?: string;
  readonly samples?: string;
  readonly temperature?: string;
  readonly maxTokens?: string;
  readonly seed?: string;
  readonly set?: readonly string[];
  readonly raw?: boolean;
  readonly json?: boolean;
}

/** `orz-train generate`: responses of a run's saved model to one problem, under the template it was trained with (or to the text as it is, with `raw`). */
export async function generate(problem: string, flags: GenerateFlags): Promise<number> {
  const runDir = flags.runDir ?? await latestRun(process.cwd());
  const resolved = await configOfRun(runDir, flags);
  const random = createRandom(resolved.config.seed);
  const platform = createNodePlatform(runDir);
  const screen = createScreen(process.stderr);
  const events: RunEvents = { phase: (name, total, unit) => screen.phase(name, total, unit), log: (_, message) => screen.line(message) };
  const container = await createRunContainer({ resolved, platform, events, random, only: ['template', 'optimizer', 'engine', 'sampler'] });
  try {
    const completions = await sample({ container, platform, events, random, resolved, problem, flags });
    screen.close();
    process.stdout.write(flags.json === true ? `${JSON.stringify(completions.map(asData), null, 2)}\n` : completions.map(asText).join('\n'));
    return exitCodes.ok;
  } finally {
    screen.close();
    await container.dispose();
  }
}

/** The configuration a run wrote down; flags win over it. */
async function configOfRun(runDir: string, { set = [], seed, temperature, maxTokens }: GenerateFlags): Promise<ResolvedConfig> {
  const path = join(runDir, 'config.json');
  if (!existsSync(path)) {
    throw new OrzError('ORZ_DATA_MISSING', `${runDir} holds no run`, { value: path, allowed: 'the folder of a run', origin: '--run-dir', remedy: 'Runs are below runs/ unless --run-dir said otherwise.' });
  }
  const file = await findConfigFile(runDir, 'config.json');
  const stated = {
    ...(seed === undefined ? {} : { seed: number('--seed', seed) }),
    ...(maxTokens === undefined ? {} : { maxResponseTokens: number('--max-tokens', maxTokens) }),
  };
  if (temperature !== undefined && !(number('--temperature', temperature) >= 0)) throw usage('--temperature', temperature, 'at least 0');
  const layers = [{ label: path, values: file!.values }, { label: 'flags of generate', values: stated }, ...set.map(parseSet)];
  const plugins = file!.values['plugins'] as readonly string[] | undefined;
  return resolveConfig(layers, await openRegistry(plugins ?? []));
}

interface SampleParts {
  readonly container: RunContainer;
  readonly platform: Platform;
  readonly events: RunEvents;
  readonly random: Random;
  readonly resolved: ResolvedConfig;
  readonly problem: string;
  readonly flags: GenerateFlags;
}

async function sample({ container, platform, events, random, resolved: { config }, problem, flags }: SampleParts): Promise<Completion[]> {
  const folder = await savedPolicy(platform.storage);
  const base = await loadModelFolder(storageFolder(platform.storage, folder));
  const engine = await container.get('engine').create({ base, optimizer: container.get('optimizer'), critic: false, reference: false, random });
  try {
    const { tokenizer } = base;
    const template = container.get('template');
    const text = tokenizer.encode(flags.raw === true ? problem : template.render({ id: 'prompt', prompt: problem, answer: '' }));
    const promptTokens = tokenizer.bosToken === undefined ? text : Int32Array.of(tokenizer.bosToken, ...text);
    const settings: SamplingSettings = {
      temperature: flags.temperature === undefined ? config.temperature : Number(flags.temperature), topP: config.topP, topK: config.topK,
      maxResponseTokens: config.maxResponseTokens, stop: template.stop, stopTokens: tokenizer.endTokens,
    };
    const count = flags.samples === undefined ? 1 : number('--samples', flags.samples);
    if (!Number.isInteger(count) || count < 1) throw usage('--samples', flags.samples!, 'a whole number, at least 1');
    const sampler = await container.get('sampler').create(engine);
    await sampler.sync(engine.policy);
    const phase = events.phase('generating', count, 'responses');
    let done = 0;
    return await sampler.sample([{ promptTokens, count, settings, key: [0] }], { onDone: () => { phase.progress(++done); } });
  } finally {
    await engine.dispose();
  }
}

const asData = ({ text, stopReason, tokens, logprobs }: Completion) => ({ text, stopReason, tokens: [...tokens], logprobs: [...logprobs] });

function asText({ text, stopReason, tokens }: Completion): string {
  return `${printable(text)}\n${colors.dim(`(${tokens.length} tokens${stopReason === 'length' ? ', cut at the limit' : ''})`)}\n`;
}

function number(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw usage(flag, text, 'a number');
  return value;
}

function usage(flag: string, text: string, allowed: string): OrzError {
  return new OrzError('ORZ_USAGE', `${flag} cannot be ${text}`, { value: text, allowed, origin: flag, remedy: `For example: ${flag} 1` });
}
