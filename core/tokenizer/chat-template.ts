import * as z from 'zod';
import type { ModelDescription } from '../contracts/model-source.js';
import { renderTemplate } from './bounded-template.js';
import { invalidTokenizerConfig, noChatTemplate } from './errors.js';

/** One turn of a conversation. Templates know at least the roles system, user and assistant; some know more fields. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  readonly [field: string]: unknown;
}

export interface ChatOptions {
  /** Whether the text ends with the tokens that begin an answer of the model; true if absent. */
  readonly addGenerationPrompt?: boolean;
  /** JSON schemas of functions that the model may call, as the template expects them. */
  readonly tools?: readonly unknown[];
  /** Further variables of the template, for example `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

const tokenText = z.union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)]);
const settingsForm = z.looseObject({
  chat_template: z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish(),
});

/**
 * Messages as the text that a chat model was trained to continue, by the model's own template: what
 * `apply_chat_template(tokenize=False)` of transformers gives, with the special tokens of `tokenizer_config.json`. The
 * text contains its begin token already. Throws ORZ_TOKENIZER for a model without a template, and for a template that
 * refuses the messages, fails, or does not terminate.
 */
export function renderChat(
  model: Pick<ModelDescription, 'chatTemplate' | 'companions'>,
  messages: readonly ChatMessage[],
  { addGenerationPrompt = true, tools, variables = {} }: ChatOptions = {},
): string {
  const settings = parseSettings(model.companions?.['tokenizer_config.json']);
  const template = (tools === undefined ? undefined : namedTemplate(settings, 'tool_use')) ?? model.chatTemplate;
  if (template === undefined) throw noChatTemplate();
  return renderTemplate(
    template,
    {
      ...specialTokens(settings),
      ...variables,
      messages,
      tools: tools ?? null,
      documents: null,
      add_generation_prompt: addGenerationPrompt,
    },
    'chat template of the model',
  );
}

type Settings = z.infer<typeof settingsForm>;

function parseSettings(text: string | undefined): Settings {
  const parsed = settingsForm.safeParse(text === undefined ? {} : parseJson(text));
  if (parsed.success) return parsed.data;
  throw invalidTokenizerConfig(parsed.error.issues[0]?.path.join('.'));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Which is not of the form either.
  }
}

function namedTemplate({ chat_template: templates }: Settings, name: string): string | undefined {
  return Array.isArray(templates) ? templates.find((each) => each.name === name)?.template : undefined;
}

const tokenNames = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

/** The special tokens that the model has; templates test whether one is defined. */
function specialTokens(settings: Settings): Record<string, string> {
  const found = tokenNames.flatMap((name) => {
    const parsed = tokenText.safeParse(settings[name]);
    return parsed.success ? [[name, parsed.data] as const] : [];
  });
  return Object.fromEntries(found);
}
