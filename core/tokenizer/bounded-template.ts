import * as library from '@huggingface/jinja';
import { templateFailed } from './errors.js';

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

/**
 * The parts of the library that are used. Its own types are lost under Node's module resolution (imports without
 * extension).
 */
const { Template, Environment, Interpreter } = library as unknown as {
  readonly Template: new (text: string) => { readonly parsed: unknown };
  readonly Environment: new () => Environment;
  readonly Interpreter: new (environment: Environment) => Interpreter;
};

/** Maximum characters of a template; the longest published ones have about 20,000. */
const maxTemplate = 2 ** 18;
/** Maximum work of one rendering, in units of about a microsecond. Published templates need thousands per message. */
const maxWork = 1_000_000;
/** Maximum nesting of the parts of a template, macros that call macros included. */
const maxDepth = 500;
/** Maximum length of a `range`, as in Jinja's sandbox. */
const maxRange = 100_000;

const unitsPerElement = 4;
const charactersPerUnit = 16;

/**
 * Renders a Jinja template that came with a model and may be hostile: the language itself has no access to anything but
 * `variables`, and work and memory are bounded here, which the library does not do (its loops, ranges, recursion and
 * doubled texts are unbounded). Beside the variables, a template sees `range` and `raise_exception`, but no clock: the
 * text depends on template and variables only.
 *
 * @throws OrzError ORZ_TOKENIZER with the text given to `raise_exception`, the mistake in the template, or the bound
 * that it exceeds.
 */
export function renderTemplate(template: string, variables: Readonly<Record<string, unknown>>, origin: string): string {
  if (template.length > maxTemplate)
    throw templateFailed(`has ${template.length} characters, more than ${maxTemplate}`, origin);
  try {
    const { parsed } = new Template(template);
    const rendered = new BoundedInterpreter(environmentOf(variables)).run(parsed).value;
    return String(rendered);
  } catch (cause) {
    if (cause instanceof Refusal) throw templateFailed(`refuses the messages: ${cause.message}`, origin);
    if (cause instanceof OutOfBounds) throw templateFailed(cause.message, origin);
    if (cause instanceof RangeError) throw templateFailed('nests too deeply or makes too long a text', origin, cause);
    throw templateFailed(`fails: ${cause instanceof Error ? cause.message : String(cause)}`, origin, cause);
  }
}

/** A template called `raise_exception`. */
class Refusal extends Error {}
/** A template exceeds a bound; the message continues "The chat template". */
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

/** Counts every part that is evaluated, and the size of its value: all that a template reads or makes passes here. */
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
    if (this.work > maxWork) throw new OutOfBounds('does not terminate');
  }

  /** A text or a list may be read through next, or walked by a loop. */
  private spendOn({ value }: Value): void {
    if (typeof value === 'string') this.spend(value.length / charactersPerUnit);
    else if (Array.isArray(value)) this.spend(value.length * unitsPerElement);
    if (value instanceof Map || Array.isArray(value)) this.spendOnParts(value);
  }

  /**
   * Walks a container as a tree, so that one that contains itself, or the same part many times, costs as much as
   * printing it would.
   */
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
