import * as z from 'zod';
import type { FileFolder } from '../contracts/files.js';
import type { BaseModel, ModelDescription, UnknownConfigKeys } from '../contracts/model-source.js';
import type { HeadKind } from '../compute/nn/parameters.js';
import { llama2cTokenizer } from '../tokenizer/llama2c.js';
import { createTokenizer } from '../tokenizer/tokenizer.js';
import { endTokenIds } from './config-keys.js';
import { ignoredKeysMessage, missingModelFile, oversizedTokenizer, wrongHead } from './errors.js';
import { fromHuggingFaceConfig, idList, parse, type ModelFacts } from './hugging-face-config.js';
import { readJson, readSmallFile, readText } from './json-file.js';
import { openWeights, type StoredWeights } from './weights.js';

/** Files beside `tokenizer.json` that say how to generate and how to tokenise; exports carry them unchanged. */
export const companionFiles = [
  'generation_config.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
] as const;

/** How a model folder is read. */
export interface ReadingOptions {
  readonly unknownKeys?: UnknownConfigKeys | undefined;
  /** Receives one warning that names the keys of `config.json` that were ignored, once family and shapes fit. */
  readonly warn?: (message: string) => void;
}

/**
 * A Hugging Face model folder without its weights. The ids that end a text are those of `config.json` and of
 * `generation_config.json` together. Throws ORZ_DATA_MISSING, ORZ_MODEL_CONFIG, ORZ_TOKENIZER or ORZ_CHECKPOINT naming
 * the file at fault.
 */
export async function describeModelFolder(
  folder: FileFolder,
  options: Pick<ReadingOptions, 'unknownKeys'> = {},
): Promise<ModelDescription> {
  return describe(folder, await readFacts(folder, options));
}

/**
 * A Hugging Face model folder: architecture, tokenizer, and weights that are read on demand, one tensor in memory at a
 * time. Their headers are checked at once. `head` is the one that the weights must have: of a language model, or the
 * value head of a critic. Throws as {@link describeModelFolder} and `openWeights` do.
 */
export async function loadModelFolder(
  folder: FileFolder,
  head: HeadKind = 'language',
  options: ReadingOptions = {},
): Promise<BaseModel> {
  const { description, head: found, weights } = await openModelFolder(folder, options);
  if (found !== head) throw wrongHead(`${folder.location}/config.json`, found, head);
  return { ...description, weights: () => weights.stream() };
}

/** A model folder with whichever head its weights have. Throws as {@link loadModelFolder} does. */
export async function openModelFolder(
  folder: FileFolder,
  options: ReadingOptions = {},
): Promise<{ readonly description: ModelDescription; readonly head: HeadKind; readonly weights: StoredWeights }> {
  const facts = await readFacts(folder, options);
  const opened = {
    description: await describe(folder, facts),
    head: facts.head,
    weights: await openWeights(folder, facts.config, facts.head),
  };
  if (facts.ignoredKeys.length > 0)
    options.warn?.(ignoredKeysMessage(`${folder.location}/config.json`, facts.ignoredKeys));
  return opened;
}

async function readFacts(
  folder: FileFolder,
  { unknownKeys }: Pick<ReadingOptions, 'unknownKeys'>,
): Promise<ModelFacts> {
  const origin = `${folder.location}/config.json`;
  return fromHuggingFaceConfig(await required(folder, 'config.json'), origin, unknownKeys);
}

async function required(folder: FileFolder, name: string): Promise<unknown> {
  const value = await readJson(folder, name);
  if (value === undefined) throw missingModelFile(name, folder.location);
  return value;
}

/** `tokenizer.json`, or the table that models of karpathy/llama2.c come with, named after their vocabulary. */
async function readTokenizer(
  folder: FileFolder,
  vocabSize: number,
): Promise<{ readonly definition: unknown; readonly origin: string }> {
  const table = `tok${vocabSize}.bin`;
  const hasDefinition = (await folder.size('tokenizer.json')) !== undefined;
  const bytes = hasDefinition ? undefined : await readSmallFile(folder, table);
  const origin = `${folder.location}/${bytes ? table : 'tokenizer.json'}`;
  return { definition: bytes ? llama2cTokenizer(bytes, origin) : await required(folder, 'tokenizer.json'), origin };
}

async function describe(folder: FileFolder, { config, endTokens }: ModelFacts): Promise<ModelDescription> {
  const companions = await readCompanions(folder);
  const generation = await readSettings(folder, 'generation_config.json', generationForm);
  const settings = await readSettings(folder, 'tokenizer_config.json', tokenizerForm);
  const { definition, origin } = await readTokenizer(folder, config.vocabSize);
  const bosToken = bosTokenOf(settings, definition);
  const tokenizer = createTokenizer(definition, {
    endTokens: [...new Set([...endTokens, ...idList(generation.eos_token_id)])],
    config: settings,
    origin,
    ...(bosToken !== undefined && { bosToken }),
  });
  if (tokenizer.vocabSize > config.vocabSize) throw oversizedTokenizer(tokenizer.vocabSize, config.vocabSize, origin);
  const chatTemplate = companions['chat_template.jinja'] ?? templateIn(settings.chat_template);
  return { config, tokenizer, companions, ...(chatTemplate !== undefined && { chatTemplate }) };
}

async function readCompanions(folder: FileFolder): Promise<Record<string, string>> {
  const companions: Record<string, string> = {};
  for (const name of companionFiles) {
    const text = await readText(folder, name);
    if (text !== undefined) companions[name] = text;
  }
  return companions;
}

/** A file of settings, all of which are optional; absent, none. */
async function readSettings<S extends z.ZodType>(folder: FileFolder, name: string, form: S): Promise<z.infer<S>> {
  return parse(form, (await readJson(folder, name)) ?? {}, { origin: `${folder.location}/${name}` });
}

const generationForm = z.looseObject({ eos_token_id: endTokenIds });
const tokenText = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
const tokenizerForm = z.looseObject({
  add_bos_token: z.boolean().nullish(),
  bos_token: tokenText,
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]).nullish(),
});
type TokenizerSettings = z.infer<typeof tokenizerForm>;

/** The token that begins every text, unless the settings say that none does. */
function bosTokenOf(settings: TokenizerSettings, definition: unknown): string | undefined {
  if (settings.add_bos_token === false) return undefined;
  return beginToken(definition) ?? (settings.add_bos_token === true ? contentOf(settings.bos_token) : undefined);
}

const contentOf = (token: z.infer<typeof tokenText>): string | undefined =>
  typeof token === 'string' ? token : token?.content;

const templateIn = (template: TokenizerSettings['chat_template']): string | undefined =>
  typeof template === 'string' ? template : template?.find(({ name }) => name === 'default')?.template;

const beginForm = z.looseObject({
  type: z.literal('TemplateProcessing'),
  single: z.array(z.looseObject({ SpecialToken: z.object({ id: z.string() }).optional() })),
});
const sequenceForm = z.looseObject({ type: z.literal('Sequence'), processors: z.array(z.unknown()) });

/**
 * The token that a tokenizer puts before every text, as Llama 3 does; `bos_token_id` in config.json says nothing about
 * that.
 */
function beginToken(definition: unknown): string | undefined {
  const processor = (definition as { post_processor?: unknown } | null)?.post_processor;
  const sequence = sequenceForm.safeParse(processor);
  for (const step of sequence.success ? sequence.data.processors : [processor]) {
    const template = beginForm.safeParse(step);
    if (template.success) return template.data.single[0]?.SpecialToken?.id;
  }
  return undefined;
}
