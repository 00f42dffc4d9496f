import type { ModelSourceContext } from '../../contracts/model-source.js';
import type { ProblemList } from '../../contracts/problems.js';
import { Mismatch } from '../errors.js';
import { lentEvents } from '../events.js';
import type { CallContext, Contract, Method } from '../guard.js';
import { elements, nestedPart, nothing, shaped, sync, work } from '../results.js';
import { deepFrozen, plainJson } from '../plain-json.js';
import { describeValue } from '../safe-text.js';
import {
  anything,
  dictionary,
  finite,
  flag,
  floats,
  join,
  list,
  name,
  notNegative,
  object,
  oneOf,
  optional,
  record,
  refuse,
  text,
  tokenIds,
  whole,
  type Shape,
} from '../shapes.js';

/** Contracts of what a run is made from: problems, templates, models. */

const metadata: Shape = (value, path) => deepFrozen(plainJson(object(value, path), path));

/** A problem; what else it holds goes to the reward as it is. */
const problem: Shape = (value, path) =>
  Object.freeze(record({ id: name, prompt: text, answer: text, metadata: optional(metadata) })(value, path));

const weight: Shape<number> = (value, path) =>
  finite(value, path) > 0 ? Number(value) : refuse(path, value, 'a finite number above 0');

const part = record({ name, length: whole(), weight: optional(weight) });

/** Parts whose lengths add up to that of the list, with a weight each or none. */
function checkParts(problems: { readonly length: number; readonly parts?: unknown }, path: string): void {
  if (problems.parts === undefined) return;
  const parts = list(part)(problems.parts, path) as { length: number; weight?: number }[];
  const sum = parts.reduce((total, { length }) => total + length, 0);
  const weighted = parts.filter((each) => each.weight !== undefined).length;
  if (sum !== problems.length) throw new Mismatch(path, `parts of ${sum} problems`, `parts of ${problems.length}`);
  if (weighted > 0 && weighted < parts.length)
    throw new Mismatch(path, 'weights of some', 'a weight of each or of none');
}

export const problemList: Contract = {
  fields: { length: whole(), parts: optional(anything) },
  steady: ['length', 'parts'],
  methods: { at: sync(shaped(problem)) },
};

/** Whether `at` is pure cannot be told; that it counts, or draws at random, shows at once. */
function checkRepeats({ length, at }: ProblemList, path: string): void {
  for (const index of [0, length - 1].filter((i) => i >= 0)) {
    const [first, second] = [at(index), at(index)];
    const differs = (['id', 'prompt', 'answer'] as const).find((key) => first[key] !== second[key]);
    if (differs !== undefined)
      refuse(join(path, `at(${index}).${differs}`), second[differs], `${describeValue(first[differs])}, as before`);
  }
}

const guardedList =
  ({ nested }: CallContext) =>
  (problems: unknown, path: string): object => {
    const made = nested(problemList, problems, path) as ProblemList;
    checkParts(made, join(path, 'parts'));
    checkRepeats(made, path);
    return made;
  };

function problemSet(value: unknown, context: CallContext): unknown {
  const guarded = guardedList(context);
  const { train, evaluation } = object(value, '');
  return { train: guarded(train, 'train'), evaluation: dictionary(guarded)(evaluation, 'evaluation') };
}

export const data: Contract = { fields: { name }, methods: { open: work(problemSet) } };

const positiveShare: Shape = (value, path) =>
  finite(value, path) > 0 && Number(value) <= 1 ? value : refuse(path, value, 'a number above 0, at most 1');

export const benchmark: Contract = {
  fields: {
    name,
    title: name,
    source: name,
    licence: name,
    questions: (value, path) => (value === null ? value : whole(1)(value, path)),
    form: oneOf(['open', 'choice']),
    protocol: record({
      samples: whole(1),
      temperature: notNegative,
      topP: positiveShare,
      maxResponseTokens: whole(1),
      origin: name,
    }),
    grading: record({ type: name }),
  },
  methods: { open: work((value, context) => guardedList(context)(value, '')) },
};

/** `holds` reads text written by a model. */
export const trait: Contract = {
  fields: { shareMetric: name, correctLengthMetric: optional(name) },
  methods: { holds: sync(shaped(flag)) },
};

export const template: Contract = {
  fields: { name, stop: list(name), includesBeginToken: optional(flag) },
  methods: { render: sync(shaped(name)), stopTokens: sync(shaped(list(whole())), { optional: true }) },
  lists: { traits: trait },
};

export const tokenizer: Contract = {
  fields: { vocabSize: whole(1), endTokens: list(whole()), bosToken: optional(whole()) },
  methods: {
    encode: sync((value, { target }) => tokenIds(whole(1)(target['vocabSize'], 'vocabSize'))(value, '')),
    decode: sync(shaped(text)),
  },
};

const sizes = ['vocabSize', 'hiddenSize', 'layers', 'heads', 'kvHeads', 'headDim', 'intermediateSize', 'maxPositions'];

const description: Contract = {
  fields: {
    config: record(Object.fromEntries(sizes.map((size) => [size, whole(1)]))),
    chatTemplate: optional(text),
    companions: optional(dictionary(text)),
    training: optional(
      record({ steps: whole(), tokensPerStep: whole(), promptTokens: finite, responseTokens: finite }),
    ),
  },
  methods: {},
  parts: { tokenizer: { contract: tokenizer } },
};

/** A tensor with as many numbers as its shape says. */
export const namedTensor: Shape = (value, path) => {
  const tensor = record({ name, shape: list(whole()), data: floats() })(value, path);
  const { shape, data } = tensor as unknown as { shape: number[]; data: Float32Array };
  floats(shape.reduce((product, extent) => product * extent, 1))(data, `${path}.data`);
  return tensor;
};

export const baseModel: Contract = {
  ...description,
  methods: { weights: sync(elements(namedTensor)), critic: sync(elements(namedTensor), { optional: true }) },
};

const lendEvents: Method['lend'] = ([context], { site, calls }) => {
  const lent = context as ModelSourceContext;
  return [{ ...lent, events: lentEvents(lent.events, site.part, calls) }];
};

export const model: Contract = {
  fields: { name, hasCritic: optional(flag) },
  methods: {
    describe: work(nestedPart(description), { lend: lendEvents }),
    load: work(nestedPart(baseModel), { lend: lendEvents }),
    inspect: work(nothing, { lend: lendEvents, optional: true }),
  },
};
