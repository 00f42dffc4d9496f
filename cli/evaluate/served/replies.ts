import * as z from 'zod';

/** A response as a server gives it. */
export interface ServedResponse {
  readonly text: string;
  readonly finishReason: string;
  /** The stop string that ended it, where the server says so; it is not part of the text then. */
  readonly stopText: string | undefined;
  readonly tokens: number | null;
}

/** An answer that is not what the API says; in the words of the server, which may be long. */
export interface Unreadable {
  readonly problem: string;
}

/** vLLM names what stopped a response in `stop_reason`, SGLang in `matched_stop`: a string, or the id of a token. */
const stopped = z.union([z.string(), z.number()]).nullish();
const ending = { finish_reason: z.string(), stop_reason: stopped, matched_stop: stopped };
const usage = z.looseObject({ completion_tokens: z.int().min(0).nullish() }).nullish();

const completionReply = z.looseObject({
  choices: z.array(z.looseObject({ text: z.string(), ...ending })).min(1),
  usage,
});

const chatReply = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({
          content: z.string().nullish(),
          // What a server's parser of reasoning took out of the response: most servers, and newer vLLM and Ollama.
          reasoning_content: z.string().nullish(),
          reasoning: z.string().nullish(),
        }),
        ...ending,
      }),
    )
    .min(1),
  usage,
});

const modelsReply = z.looseObject({
  data: z.array(z.looseObject({ id: z.string().min(1), owned_by: z.string().nullish() })),
});

/** What a server says where it refuses: the OpenAI form, that of FastAPI, or plain text. */
const errorReply = z.union([
  z.looseObject({ error: z.looseObject({ message: z.string() }) }).transform(({ error }) => error.message),
  z.looseObject({ error: z.string() }).transform(({ error }) => error),
  z.looseObject({ message: z.string() }).transform(({ message }) => message),
  z.looseObject({ detail: z.string() }).transform(({ detail }) => detail),
  z.looseObject({ detail: z.array(z.unknown()) }).transform(({ detail }) => JSON.stringify(detail)),
]);

export function readCompletion(text: string): ServedResponse | Unreadable {
  return readAs(completionReply, text, ({ choices: [choice], usage }) => ({
    ...endingOf(choice),
    text: choice?.text ?? '',
    tokens: usage?.completion_tokens ?? null,
  }));
}

/**
 * A response in which the server has set the reasoning apart is put together again, as the model wrote it but for white
 * space: graders, and readers, see all of it.
 */
export function readChat(text: string): ServedResponse | Unreadable {
  return readAs(chatReply, text, ({ choices: [choice], usage }) => {
    const { content, reasoning_content, reasoning } = choice?.message ?? {};
    const thought = reasoning_content ?? reasoning ?? '';
    return {
      ...endingOf(choice),
      text: (thought === '' ? '' : `<think>${thought}</think>`) + (content ?? ''),
      tokens: usage?.completion_tokens ?? null,
    };
  });
}

/** A model that a server lists. */
export interface ListedModel {
  readonly id: string;
  /** The software or the owner: `vllm`, `sglang`, `llamacpp`. */
  readonly ownedBy: string | undefined;
}

export function readModels(text: string): { readonly models: readonly ListedModel[] } | Unreadable {
  return readAs(modelsReply, text, ({ data }) => ({
    models: data.map(({ id, owned_by }) => ({ id, ownedBy: owned_by ?? undefined })),
  }));
}

function endingOf(
  choice: z.infer<z.ZodObject<typeof ending>> | undefined,
): Pick<ServedResponse, 'finishReason' | 'stopText'> {
  const named = choice?.stop_reason ?? choice?.matched_stop;
  return { finishReason: choice?.finish_reason ?? '', stopText: typeof named === 'string' ? named : undefined };
}

function readAs<Form extends z.ZodType, T>(
  form: Form,
  text: string,
  take: (reply: z.infer<Form>) => T,
): T | Unreadable {
  const json = parsed(text);
  if (json === undefined) return { problem: `an answer that is no JSON: ${text}` };
  const reply = form.safeParse(json);
  if (reply.success) return take(reply.data);
  const said = errorReply.safeParse(json);
  if (said.success) return { problem: `an error in place of an answer: ${said.data}` };
  const [issue] = reply.error.issues;
  return { problem: `an answer of another form: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}` };
}

/** What a refusal says, in the server's own words, which may be long. */
export function saidIn(text: string): string {
  const said = errorReply.safeParse(parsed(text));
  return said.success ? said.data : text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
