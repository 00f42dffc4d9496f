import type { RunEvents } from '../../core/contracts/run-events.js';
import type { Completion, SampleOptions, SampleRequest, Sampler } from '../../core/contracts/sampler.js';
import { elementAt } from '../../core/arrays.js';
import { parseOptions, type GenerateFlags, type GenerateOptions } from '../generate/options.js';
import { completionNote, completionsJson, completionText, createTokenPrinter } from '../generate/output.js';
import { readPrompt, renderPrompt, type RenderedPrompt } from '../generate/prompt.js';
import { requestOf } from '../generate/sample.js';
import { openModel, type OpenedModel } from '../model/open-model.js';
import { withSampler } from '../model/open-sampler.js';
import { exitCodes } from '../report-error.js';
import { screenEvents } from '../screen-events.js';
import type { Screen } from '../terminal/contracts.js';
import { createScreen } from '../terminal/screen.js';

/** `orz-train generate`: what a model answers to one prompt. The text goes to stdout, all else to stderr. */
export async function generate(argument: string | undefined, flags: GenerateFlags): Promise<number> {
  const options = parseOptions(flags);
  const prompt = await readPrompt(argument);
  const screen = createScreen(process.stderr);
  const events = screenEvents(screen);
  try {
    const model = await openModel(flags, events, new AbortController().signal);
    try {
      await answer({
        model,
        options,
        prompt: renderPrompt(prompt, options.form, model.description, model.container.get('template')),
        events,
        screen,
        json: flags.json === true,
      });
    } finally {
      await model.close();
    }
    return exitCodes.ok;
  } finally {
    screen.close();
  }
}

/** What is asked of which model, and how the answer is shown. */
interface AnswerContext {
  readonly model: OpenedModel;
  readonly options: GenerateOptions;
  readonly prompt: RenderedPrompt;
  readonly events: RunEvents;
  readonly screen: Screen;
  readonly json: boolean;
}

async function answer(context: AnswerContext): Promise<void> {
  const request = requestOf(context.model, context.options, context.prompt);
  await withSampler(context.model, (sampler) =>
    context.options.samples === 1 && !context.json
      ? stream(context, request, sampler)
      : collect(context, request, sampler),
  );
}

/** One response, printed while it is sampled. */
async function stream({ model, screen }: AnswerContext, request: SampleRequest, sampler: Sampler): Promise<void> {
  screen.close();
  const printer = createTokenPrinter(model.description.tokenizer, request.settings, (text) =>
    process.stdout.write(text),
  );
  const completions = await sampler.sample([request], {
    onToken: (_request, _sample, token) => {
      printer.push(token);
    },
  });
  printer.end();
  process.stdout.write('\n');
  process.stderr.write(`${completionNote(elementAt(completions, 0))}\n`);
}

/** Several responses, or one as data: all of them when they are complete. */
async function collect(
  { model, prompt, events, screen, json }: AnswerContext,
  request: SampleRequest,
  sampler: Sampler,
): Promise<void> {
  const phase = events.phase('generating', request.count, 'responses');
  let done = 0;
  const counting: SampleOptions = {
    onDone: () => {
      phase.progress(++done);
    },
  };
  const completions = await sampler.sample([request], counting);
  phase.end();
  screen.close();
  process.stdout.write(
    json ? completionsJson(prompt, completions) : completions.map((each) => asText(each, model, request)).join('\n'),
  );
}

const asText = (completion: Completion, { description }: OpenedModel, { settings }: SampleRequest): string =>
  `${completionText(completion, description.tokenizer, settings)}\n${completionNote(completion)}\n`;
