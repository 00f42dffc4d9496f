import { elementAt } from '../../core/arrays.js';
import type { Completion } from '../../core/contracts/sampler.js';
import { silentEvents } from '../../core/silent-events.js';
import { checkNumbers, type GenerateFlags, type PromptForm } from '../generate/options.js';
import { responseText } from '../generate/output.js';
import { renderPrompt } from '../generate/prompt.js';
import { requestOf } from '../generate/sample.js';
import { openModel } from '../model/open-model.js';
import { withSampler } from '../model/open-sampler.js';
import { emptyStop } from '../generate/errors.js';
import { oneModel } from './errors.js';

export interface GenerateOptions {
  /** A folder, or `owner/name` on the hub. Either this or `runDir`. */
  readonly model?: string;
  /** With a model of the hub: branch, tag or commit. */
  readonly revision?: string;
  /** The run whose newest policy answers. */
  readonly runDir?: string;
  /** How a prompt becomes what the model continues; `template` for a run and `raw` for a model if absent. */
  readonly form?: PromptForm['kind'];
  /** With the form `chat`: a message of the system before the prompt. */
  readonly system?: string;
  /** Responses to each prompt, 1 if absent. */
  readonly samples?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxTokens?: number;
  /** Texts that end a response, besides those of the form. */
  readonly stop?: readonly string[];
  readonly seed?: number;
  /** The backend that computes; that of the run, or `onnx`, if absent. */
  readonly backend?: string;
  /** Ends the sampling; the call rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Called with each response when it is complete. */
  readonly onResponse?: (response: GeneratedResponse) => void;
}

export interface GeneratedResponse {
  /** Index into the prompts. */
  readonly prompt: number;
  /** The response without the token that ended it. */
  readonly text: string;
  readonly stopReason: Completion['stopReason'];
  readonly tokens: Int32Array;
  /** Of each token under the full distribution, at the temperature asked for (at 1 when it is 0). */
  readonly logprobs: Float32Array;
}

/**
 * What a model answers to prompts, as `orz-train generate` does: `samples` responses to each, in the order of the
 * prompts, drawn together. A seed gives the same responses whatever the number of prompts.
 */
export async function generate(
  prompts: string | readonly string[],
  options: GenerateOptions,
): Promise<GeneratedResponse[]> {
  const { model: path, runDir, stop = [], signal = new AbortController().signal } = options;
  const form = formOf(options);
  if ((path === undefined) === (runDir === undefined)) throw oneModel();
  checkNumbers(options);
  if (stop.includes('')) throw emptyStop();
  signal.throwIfAborted();
  const model = await openModel(flagsOf(options), silentEvents, signal);
  try {
    const template = model.container.get('template');
    const requests = [prompts].flat().map((prompt, key) => {
      const rendered = renderPrompt(prompt, form, model.description, template);
      return requestOf(model, { samples: 1, ...options, form, stop }, rendered, key);
    });
    const responseOf = (completion: Completion): GeneratedResponse => ({
      prompt: completion.request,
      text: responseText(completion, model.description.tokenizer, elementAt(requests, completion.request).settings),
      stopReason: completion.stopReason,
      tokens: completion.tokens,
      logprobs: completion.logprobs,
    });
    const onDone = (completion: Completion): void => options.onResponse?.(responseOf(completion));
    return await withSampler(model, async (sampler) =>
      (await sampler.sample(requests, { signal, onDone })).map(responseOf),
    );
  } finally {
    await model.close();
  }
}

function formOf({ form, system, runDir }: GenerateOptions): PromptForm {
  const kind = form ?? (runDir === undefined ? 'raw' : 'template');
  return kind === 'chat' ? { kind, ...(system !== undefined && { system }) } : { kind };
}

function flagsOf({ model, revision, runDir, seed, backend }: GenerateOptions): GenerateFlags {
  return {
    ...(model !== undefined && { model }),
    ...(revision !== undefined && { revision }),
    ...(runDir !== undefined && { runDir }),
    ...(seed !== undefined && { seed: String(seed) }),
    ...(backend !== undefined && { backend }),
  };
}
