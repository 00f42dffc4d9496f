import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Calls } from '../../../core/boundary/calls.js';
import { loopContracts } from '../../../core/boundary/contracts/loop.js';
import { slotContracts } from '../../../core/boundary/contracts/slots.js';
import { guard } from '../../../core/boundary/guard.js';
import { isOrzError, OrzError } from '../../../core/errors.js';
import { kinds, type Kind } from './parts.js';

const part = { plugin: 'naughty', file: '/home/me/naughty.ts', role: "part 'under test'" };

type Member = (...args: unknown[]) => unknown;

/** Calls one method of a sound part of which `change` has been made; iterates what can only be iterated. */
async function call(kind: Kind, method: string, change: Record<string, unknown>, args = kind.calls[method]?.()) {
  const calls = new Calls({ hookSeconds: 2, workSeconds: 2 });
  const guarded = guard<Record<string, Member>>(kind.contract, { ...kind.sound(), ...change }, { part, calls });
  const seen: unknown[] = [];
  const result = await guarded[method]?.(...(args ?? []));
  if (typeof (result as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator] === 'function')
    for await (const element of result as AsyncIterable<unknown>) seen.push(element);
  return result;
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => error,
  );

/** Plugin, file and method must be in what is shown, all of which must be printable. */
function expectNamed(error: unknown, method: string): void {
  expect(isOrzError(error), String(error)).toBe(true);
  const { message, details, code } = error as OrzError;
  const shown = `${message} ${details.origin}`;
  expect(shown).toContain("plugin 'naughty' (/home/me/naughty.ts)");
  expect(shown).toContain(method);
  expect(details.remedy).toBeTruthy();
  expect(code).toMatch(/^ORZ_(PLUGIN_FAILED|NOT_FINITE|REWARD_INVALID|GROUP|STORAGE)$/);
}

const bomb = (): never => {
  throw new Error('do not look');
};
const traps = { get: bomb, getPrototypeOf: bomb, ownKeys: bomb, has: bomb, getOwnPropertyDescriptor: bomb };
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const thrown: Readonly<Record<string, unknown>> = {
  'an Error': new Error('boom'),
  'a text': 'boom',
  null: null,
  undefined: undefined,
  'a frozen error': Object.freeze(new Error('cold')),
  'an error with a throwing message': Object.defineProperty(new Error(''), 'message', { get: bomb }),
  'an object whose toString throws': { toString: bomb },
  'a proxy that throws': new Proxy({}, traps),
  'a revoked proxy': revoked(),
  'an imitation of an OrzError': Object.assign(new Error('fake'), { name: 'OrzError', code: 'ORZ_GROUP' }),
  'an OrzError without an origin': new OrzError('ORZ_STORAGE', 'disk full', { remedy: 'Free some space.' }),
};

const wrong: Readonly<Record<string, () => unknown>> = {
  NaN: () => NaN,
  'a BigInt': () => 10n,
  'a symbol': () => Symbol('s'),
  'a function': () => () => undefined,
  null: () => null,
  'an empty array': () => [],
  'an array of one hole': () => new Array(1),
  'an object with a throwing getter': () => Object.defineProperty({}, 'loss', { get: bomb, enumerable: true }),
  'a proxy that throws': () => new Proxy({}, traps),
  'a proxy of an array': () => new Proxy([], traps),
  'a revoked proxy': revoked,
  'a thenable that throws': () => Object.defineProperty({}, 'then', { get: bomb }),
};

/** Results of a method that are right although they look strange. */
const accepted: Readonly<Record<string, readonly string[]>> = {
  'one sampler.sample': ['an empty array'],
  'reward pool.grade': ['an empty array'],
  'engine.refusals': ['an empty array'],
  'template.stopTokens': ['an empty array'],
  'metrics.state': ['null', 'an empty array'],
  'metrics.iterationEnd': [],
  'tensors of a model.exportWeights': ['an empty array'],
  'tensors of a model.exportOptimizer': ['an empty array'],
  'base model.weights': ['an empty array'],
  'base model.critic': ['an empty array'],
  'recorder.record': [],
};

/** Methods whose result nobody looks at. */
const ignored = (kind: Kind, method: string): boolean => {
  const found = kind.contract.methods[method];
  return found?.result(Symbol('anything'), {} as never) === undefined;
};

const looksAt = (kind: Kind, method: string): boolean => {
  try {
    return !ignored(kind, method);
  } catch {
    return true;
  }
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('the matrix has every slot, every part of the loop, and every method of each', () => {
  expect(Object.keys(kinds)).toEqual(
    expect.arrayContaining([...Object.keys(slotContracts), ...Object.keys(loopContracts)]),
  );
  for (const { contract, calls } of Object.values(kinds))
    expect(Object.keys(calls).sort()).toEqual(Object.keys(contract.methods).sort());
});

const cells = Object.entries(kinds).flatMap(([name, kind]) =>
  Object.keys(kind.calls).map((method) => ({ name, kind, method, cell: `${name}.${method}` })),
);

describe.each(cells)('$cell', ({ kind, method, cell }) => {
  const waits = kind.contract.methods[method]?.patience !== 'none';

  it('is called as it is', async () => {
    await call(kind, method, {});
  });

  it.each(Object.entries(thrown))('that throws %s', async (_, value) => {
    const change = {
      [method]: () => {
        throw value;
      },
    };
    expectNamed(await failure(call(kind, method, change)), method);
    // A promise that rejects, where one is due, and where none is.
    const rejecting = async () => {
      throw value;
    };
    expectNamed(await failure(call(kind, method, { [method]: rejecting })), method);
  });

  if (looksAt(kind, method))
    it.each(Object.entries(wrong))('that returns %s', async (what, make) => {
      const result = call(kind, method, { [method]: () => make() });
      if (accepted[cell]?.includes(what)) await result;
      else expectNamed(await failure(result), method);
    });

  if (waits)
    it('that never settles', async () => {
      const failed = failure(call(kind, method, { [method]: () => new Promise(() => undefined) }));
      for (let second = 0; second < 3; second++) {
        await new Promise(setImmediate);
        vi.advanceTimersByTime(1000);
      }
      expectNamed(await failed, method);
    });
});

describe('what was lent is left as it is', () => {
  const lending = cells.filter(({ kind, method }) => kind.contract.methods[method]?.keeps !== undefined);

  /** Adds 1 to the first number of every typed array that can be reached. */
  const spoil = (value: unknown): void => {
    if (value instanceof Float32Array || value instanceof Int32Array) value[0] = (value[0] ?? 0) + 1;
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(spoil);
  };

  it.each(lending)('$cell', async ({ kind, method }) => {
    const sound = kind.sound()[method] as Member;
    const change = {
      [method]: (...args: unknown[]) => {
        spoil(args);
        return sound(...args);
      },
    };
    expectNamed(await failure(call(kind, method, change)), method);
  });

  it('metrics cannot be changed for the sinks after it', async () => {
    const record = (metrics: Record<string, unknown>) => {
      metrics['reward'] = 2;
    };
    expectNamed(await failure(call(kinds['metrics'] as Kind, 'record', { record })), 'record');
    const deep = ({ stopReasons }: { stopReasons: { stop: number } }) => {
      stopReasons.stop = 2;
    };
    expectNamed(await failure(call(kinds['metrics'] as Kind, 'record', { record: deep })), 'record');
  });
});

it('advantages stay as they were returned, whatever their plugin does with its arrays', async () => {
  const one = Float32Array.of(1, 2);
  const rows = [one, one.subarray(0, 1)];
  const batch = { rewards: Float32Array.of(1, 1), tokenRewards: rows.map(({ length }) => new Float32Array(length)) };
  const estimate = () => ({ advantages: rows, returns: rows });
  const made = (await call(kinds['advantage'] as Kind, 'estimate', { estimate }, [batch])) as ReturnType<
    typeof estimate
  >;
  made.advantages[0]?.fill(5);
  one.fill(NaN);
  expect(made).toEqual({
    advantages: [Float32Array.of(5, 5), Float32Array.of(1)],
    returns: [Float32Array.of(1, 2), Float32Array.of(1)],
  });
});

describe('a list of problems that changes', () => {
  const problem = (id: unknown) => ({ id: String(id), prompt: '1+1', answer: '2' });
  const open = (train: object) =>
    failure(call(kinds['data'] as Kind, 'open', { open: () => ({ train, evaluation: {} }) }));

  it('in what it gives for an index is refused when it is opened', async () => {
    let n = 0;
    const counting = await open({ length: 2, at: () => problem(n++) });
    expectNamed(counting, 'open');
    expect(counting).toMatchObject({ message: expect.stringContaining('train.at(0).id: "1"') });
    expectNamed(await open({ length: 9, at: (i: number) => (i < 5 ? problem(i) : undefined) }), 'at');
  });

  it('in its length is refused when that is read', () => {
    let n = 0;
    const growing = {
      get length() {
        return n++;
      },
      at: problem,
    };
    const calls = new Calls({ hookSeconds: 1, workSeconds: 1 });
    const list = guard<{ length: number }>((kinds['problem list'] as Kind).contract, growing, { part, calls });
    expect(list.length).toBe(1);
    expect(() => list.length).toThrow(
      expect.objectContaining({ message: expect.stringContaining("returned 2, in length of its part 'under test'") }),
    );
  });
});

describe('a part that lacks a member', () => {
  it.each(Object.entries(kinds))('%s is refused when it is made', (_, { contract, sound }) => {
    const calls = new Calls({ hookSeconds: 1, workSeconds: 1 });
    const required = [
      ...Object.entries(contract.methods).flatMap(([key, method]) => (method.optional ? [] : [key])),
      ...Object.entries(contract.fields).flatMap(([key, shape]) => (accepts(shape, undefined) ? [] : [key])),
    ];
    for (const key of required) {
      const { [key]: _left, ...rest } = sound();
      expect(() => guard(contract, rest, { part, calls }), key).toThrow(
        expect.objectContaining({ code: 'ORZ_PLUGIN_INVALID', message: expect.stringContaining("'naughty'") }),
      );
    }
  });

  const accepts = (shape: (value: unknown, path: string) => unknown, value: unknown): boolean => {
    try {
      shape(value, '');
      return true;
    } catch {
      return false;
    }
  };
});
