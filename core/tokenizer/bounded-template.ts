import * as library from '@huggingface/jinja';
import { OrzError } from '../errors.js';

/** A value of the template language. */
interface Value {
  readonly value: unknown;
}
interface Environment {
  set(name: string, value: unknown): void;
}
interface Interpreter {
  run(program: unknown): Value;
  evaluate(part: unknown, environment: Environment): Value;
}

/** The parts of the library that are used. Its own types are lost under Node's module resolution (imports without extension). */
const { Template, Environment, Interpreter } = library as unknown as {
  readonly Template: new (text: string) => { readonly parsed: unknown };
  readonly Environment: new () => Environment;
  readonly Interpreter: new (environment: Environment) => Interpreter;
};

/** Longest template, in characters; the longest published ones have about 20,000. */
const maxTemplate = 2 ** 18;
/** Work of one rendering, in units of about a microsecond. Published templates need some thousands for each message. */
const maxWork = 1_000_000;
/** Parts of a template within each other, macros that call macros included. */
const maxDepth = 500;
/** Longest `range`, as Jinja's sandbox has it. */
const maxRange = 100_000;

const unitsPerElement = 4;
const charactersPerUnit = 16;

/**
 * Renders a Jinja template that came with a model and may be hostile: the language itself has no access to anything but
 * `variables`, and work and memory are bounded here, which the library does not do (its loops, ranges, recursion and
 * doubled texts are not). Beside the variables, a template sees `range` and `raise_exception`, but no clock: one template and
 * one input give one text.
 *
 * @throws OrzError ORZ_TOKENIZER with the words of `raise_exception`, the mistake in the template, or the bound it exceeds.
 */
export function renderTemplate(template: string, variables: Readonly<Record<string, unknown>>, origin: string): string {
  const fail = (message: string, cause?: unknown): never => {
    throw new OrzError('ORZ_TOKENIZER', message, {
      origin,
      remedy: 'Check the messages; if the template itself is at fault, correct it or use a prompt without it.',
      ...(cause === undefined ? {} : { cause }),
    });
  };
  if (template.length > maxTemplate)
    return fail(`The chat template has ${template.length} characters, more than ${maxTemplate}`);
  try {
    const { parsed } = new Template(template);
    const rendered = new BoundedInterpreter(environmentOf(variables)).run(parsed).value;
    return String(rendered);
  } catch (cause) {
    if (cause instanceof Refusal) return fail(`The chat template refuses the messages: ${cause.message}`);
    if (cause instanceof OutOfBounds) return fail(`The chat template ${cause.message}`);
    if (cause instanceof RangeError) return fail('The chat template nests too deeply or makes too long a text', cause);
    return fail(`The chat template fails: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

/** A template called `raise_exception`. */
class Refusal extends Error {}
class OutOfBounds extends Error {}

function environmentOf(variables: Readonly<Record<string, unknown>>): Environment {
  const environment = new Environment();
  const constants = { true: true, false: false, none: null, True: true, False: false, None: null };
  const raise_exception = (message: unknown): never => {
    throw new Refusal(String(message));
  };
  for (const [name, value] of Object.entries({ ...variables, ...constants, range, raise_exception }))
    environment.set(name, value);
  return environment;
}

/** Python's `range`. */
function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new Error('range() needs a step other than 0');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= maxRange)) throw new OutOfBounds(`asks for a range of ${length} numbers, more than ${maxRange}`);
  return Array.from({ length }, (_, i) => start + i * step);
}

/** Counts every part that is evaluated, and the size of what comes out: all that a template reads or makes passes here. */
class BoundedInterpreter extends Interpreter {
  private work = 0;
  private depth = 0;

  override evaluate(part: unknown, environment: Environment): Value {
    this.spend(1);
    if (++this.depth > maxDepth) throw new OutOfBounds('nests too deeply');
    try {
      const value = super.evaluate(part, environment);
      this.spendOn(value);
      return value;
    } finally {
      this.depth--; // Also when a loop is left by an exception, as `break` is.
    }
  }

  private spend(units: number): void {
    this.work += units;
    if (this.work > maxWork) throw new OutOfBounds('does not come to an end');
  }

  /** A text or a list may be read through next, or walked by a loop. */
  private spendOn({ value }: Value): void {
    if (typeof value === 'string') this.spend(value.length / charactersPerUnit);
    else if (Array.isArray(value)) this.spend(value.length * unitsPerElement);
    if (value instanceof Map || Array.isArray(value)) this.spendOnParts(value);
  }

  /** Walks a container as a tree, so that one that holds itself, or the same part many times over, costs what printing it would. */
  private spendOnParts(container: readonly unknown[] | ReadonlyMap<unknown, unknown>): void {
    const open = [container];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const part of next.values()) {
        this.spend(1);
        const { value } = part as Value;
        if (value instanceof Map || Array.isArray(value)) open.push(value);
      }
    }
  }
}
