import colors from 'picocolors';
import type { Benchmark } from '../../core/contracts/benchmark.js';
import { silentEvents } from '../../core/silent-events.js';
import { gatherConfig, type ConfigFlags } from '../config/gather.js';
import { chooseBenchmarks } from '../evaluate/choose-benchmarks.js';
import { withOwnCommand } from '../invocation.js';
import { createNodePlatform } from '../platform/node-platform.js';
import { exitCodes } from '../report-error.js';
import { printable } from '../terminal/format.js';

/** Benchmarks that need settings before anything can be said of them. */
const needsSettings = 'file';

/**
 * `orz-train benchmarks`: every benchmark that can be measured, the user's own included, with how it is measured and
 * where these numbers come from. Reads no questions. Returns the exit code.
 */
export async function listBenchmarks({ json = false, ...flags }: ConfigFlags & { json?: boolean }): Promise<number> {
  const { resolved, registry, plugins } = await gatherConfig(flags, process.cwd());
  const context = { resolved, registry, plugins, platform: createNodePlatform('.'), events: silentEvents };
  const names = registry.types('benchmark').filter((name) => name !== needsSettings);
  const benchmarks = await chooseBenchmarks({ names, set: [], shared: {}, chat: false }, context);
  process.stdout.write(json ? `${JSON.stringify(benchmarks.map(asData), null, 2)}\n` : asText(benchmarks));
  return exitCodes.ok;
}

function asData({ name, title, source, licence, questions, form, protocol, grading }: Benchmark) {
  return { name, title, source, licence, questions, form, protocol, grading };
}

function asText(benchmarks: readonly Benchmark[]): string {
  const more = [
    'Asked with the template of the run, or else that of Open-Reasoner-Zero. --template names another; --chat takes',
    'that of the model, where answers are found anywhere in the text (lenient) or by their letter (letter).',
    'Measure with one or more: orz-train evaluate math500 --run-dir RUN',
    'Questions of your own: orz-train evaluate ./exam.jsonl. See docs/evaluation.md',
  ];
  return `${benchmarks.map(describe).join('\n')}\n${more.map(withOwnCommand).join('\n')}\n`;
}

function describe({ name, title, source, licence, questions, form, protocol, grading }: Benchmark): string {
  const { samples, temperature, topP, maxResponseTokens, origin } = protocol;
  const { type, ...settings } = grading;
  const count = questions === null ? '' : `, ${questions} questions`;
  const lines = [
    `${title}${count}, ${form === 'choice' ? 'letters' : 'free answers'}`,
    `  from      ${source}`,
    `  licence   ${licence}`,
    `  measured  ${samples} per question, temperature ${temperature}, top-p ${topP}, up to ${maxResponseTokens} tokens`,
    `  as in     ${origin}`,
    `  graded    ${[type, ...Object.entries(settings).map(([key, value]) => `${key} ${String(value)}`)].join(', ')}`,
  ];
  return `${colors.bold(printable(name))}  ${lines.map(printable).join('\n')}\n`;
}
