import type { UnknownConfigKeys } from '../contracts/model-source.js';
import { isHarmless } from './harmless-keys.js';

/*
 * The rule for keys of `config.json` that nobody here knows. One that looks like mathematics is refused, any other is
 * ignored with a warning. A key looks like mathematics if one of its words names a part of a decoder, or if anything
 * inside its value does; but not if its value says that the part is not there.
 */

/**
 * Words that name a part of some decoder. A word of a key counts if it begins or ends with one of them, or if it is one
 * of those with fewer than four letters.
 */
export const mathematicalWords: readonly string[] = [
  'attn attention q k v kv qk qkv mha mqa gqa mla nsa dsa swa head logit mask causal bidirect softmax sink topk',
  'rope rotary rotat pos posit xpos relative alibi yarn ntk nope theta freq lambda differential',
  'norm ln eps center gamma offset sandwich scal scale multipl factor mup cap softcap clip temper',
  'mlp ffn ff feed act activ silu gelu relu elu celu selu xielu mish swish swiglu glu sigmoid softplus tanh',
  'gate gated gating bias proj embed emb dim hidden latent width depth rank layer block resid skip hyper connect',
  'cross parallel share tie tied tying repeat recur loop window slid sparse stride dilat shift interleav conv mamba',
  'ssm delta retention mixer mixture memory register diffus expert moe rout router mtp nextn altup laurel adapter lora',
  'prun quant bit bits drop dropout ngram',
].flatMap((line) => line.split(' '));

/** Words of parts that every decoder here has, and of what a switch is called. */
const basics = new Set(
  [
    'use is do has with apply enable',
    'attention attn self causal mask softmax scale weights',
    'rope rotary pos position positional positions emb embed embedding embeddings',
    'norm rms rmsnorm layer layernorm pre prenorm before normalize normalise input',
    'residual residuals connection connections',
    'mlp ffn feed forward gated glu swiglu silu activation act head lm',
  ].flatMap((line) => line.split(' ')),
);
/** Words of factors, which 0 does not switch off. */
const factors = /scal|multipl|factor|theta|freq|eps|temper|width|depth/;

const wordsOf = (key: string): string[] =>
  key
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean);

const namesMathematics = (key: string): boolean =>
  wordsOf(key).some((word) =>
    mathematicalWords.some((part) => (part.length < 4 ? word === part : word.startsWith(part) || word.endsWith(part))),
  );

/** Nested deeper than any published configuration. */
const maxDepth = 8;

/** Whether a key that is not known could change what a forward pass computes. */
export function looksLikeMathematics(key: string, value: unknown, depth = 0): boolean {
  if (isUnset(value)) return false;
  if (namesMathematics(key) && !isAbsent(key, value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  return depth >= maxDepth || Object.entries(value).some(([name, each]) => looksLikeMathematics(name, each, depth + 1));
}

/** Nothing is said: null, or an empty text, list or object. */
const isUnset = (value: unknown): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);

/**
 * `false` or 0 says that the part is absent. Not so for the parts that every decoder here has (`use_rope`,
 * `is_causal`), which `false` would remove, nor for 0 as a factor.
 */
function isAbsent(key: string, value: unknown): boolean {
  if (value === false) return wordsOf(key).some((word) => !basics.has(word));
  return value === 0 && !factors.test(key.toLowerCase());
}

/** Keys of a configuration that are neither read nor harmless, and what becomes of them. */
export interface UnknownKeys {
  /** They do not look like mathematics, or are to be ignored all the same. */
  readonly ignored: readonly string[];
  /** The first that is refused. */
  readonly refused?: string;
}

/** Applies the rule to the keys of a `config.json`; `read` are those that its family reads. */
export function sortUnknownKeys(config: object, read: object, treatment: UnknownConfigKeys | undefined): UnknownKeys {
  const unknown = Object.entries(config).filter(([key]) => !Object.hasOwn(read, key) && !isHarmless(key));
  const isRefused = ([key, value]: [string, unknown]): boolean =>
    treatment === 'error' || (treatment === undefined && looksLikeMathematics(key, value));
  const refused = unknown.find(isRefused)?.[0];
  return { ignored: unknown.map(([key]) => key), ...(refused !== undefined && { refused }) };
}
