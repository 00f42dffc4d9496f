import { describe, expect, it } from 'vitest';
import { OrzError } from '../../core/errors.js';
import { describeError } from '../../cli/report-error.js';
import { packError, unpackError } from '../../cli/run/messages.js';
import { withoutColors } from './terminal/without-colors.js';

const described = (error: unknown) => {
  const { text, exitCode } = describeError(error);
  return { text: withoutColors(text), exitCode };
};

describe('an error as the user sees it', () => {
  it('code, message, value, what is allowed, where from, what to do, causes', () => {
    const cause = new Error('deep\nsecond line', { cause: new TypeError('deeper') });
    const { text, exitCode } = described(
      new OrzError('ORZ_CONFIG_INVALID', 'No good', {
        value: { a: 1 },
        allowed: ['x', 'y'],
        origin: '--set a=1',
        remedy: 'Choose x.',
        cause,
      }),
    );
    expect(exitCode).toBe(2);
    expect(text.split('\n').map((line) => line.replace(/ \(.*\)$/, ''))).toEqual([
      'ORZ_CONFIG_INVALID No good',
      '  value   {"a":1}',
      '  allowed x, y',
      '  from    --set a=1',
      '  to do   Choose x.',
      '  cause   Error: deep',
      '          second line',
      '  cause   TypeError: deeper',
    ]);
  });

  it.each([
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
    [10n, '10'],
    [null, 'null'],
    ['text', '"text"'],
  ])('a value of %s is shown as %s', (value, shown) => {
    expect(described(new OrzError('ORZ_NOT_FINITE', 'No good', { value })).text).toContain(`  value   ${shown}`);
  });

  it('a very long value is cut', () => {
    expect(
      described(new OrzError('ORZ_DATA_MALFORMED', 'No good', { value: 'x'.repeat(1e6) })).text.length,
    ).toBeLessThan(3000);
  });

  it('control sequences in a value or message are shown, not obeyed', () => {
    const { text } = describeError(new OrzError('ORZ_USAGE', 'bad \u001b[2J', { origin: '\u001b]0;x\u0007' }));
    expect(text).not.toContain('\u001b[2J');
    expect(text).not.toContain('\u0007');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('an interruption by %s has exit code %d', (value, exitCode) => {
    expect(described(new OrzError('ORZ_INTERRUPTED', 'Stopped', { value })).exitCode).toBe(exitCode);
  });

  it('an interruption is no failure and has the exit code of Ctrl-C', () => {
    expect(described(new OrzError('ORZ_INTERRUPTED', 'Stopped', { remedy: 'Go on later.' }))).toEqual({
      text: 'Stopped. Go on later.',
      exitCode: 130,
    });
  });

  it('anything else is a bug: its stack and a request to report it', () => {
    const { text, exitCode } = described(new TypeError('x is undefined'));
    expect([exitCode, text]).toEqual([1, expect.stringMatching(/bug.*report[^]*TypeError: x is undefined\n {4}at /)]);
    expect(described('just text').text).toContain('just text');
  });

  it('reads the same after crossing a process border', () => {
    const error = new OrzError('ORZ_NOT_FINITE', 'No good', {
      value: NaN,
      allowed: 'finite numbers',
      origin: 'tensor x',
      remedy: 'Lower the rate.',
      cause: new RangeError('below'),
    });
    expect(describeError(unpackError(structuredClone(packError(error))))).toEqual(describeError(error));
    const bug = new TypeError('oops', { cause: 'text' });
    expect(described(unpackError(structuredClone(packError(bug)))).text).toContain('TypeError: oops\n    at ');
  });

  it('a value that cannot cross becomes text', () => {
    expect(
      unpackError(structuredClone(packError(new OrzError('ORZ_PLUGIN_INVALID', 'No good', { value: () => 1 })))),
    ).toMatchObject({ details: { value: 'a function' } });
  });
});

describe('causes', () => {
  const caused = (cause: unknown) => new OrzError('ORZ_PLUGIN_FAILED', 'No good', { cause });
  const own = new Error('round');
  own.cause = own;
  const endless = new Error('0');
  for (let i = 1, last = endless; i < 20_000; i++) last.cause = last = new Error(String(i));
  const unreadable = (key: string) =>
    Object.defineProperty(new Error('inner'), key, {
      get: () => {
        throw new Error('do not look');
      },
    });
  const imitation = Object.assign(new Error('fake'), { name: 'OrzError', code: 'ORZ_GROUP' });

  it.each([
    ['that are their own cause', own, 1],
    ['without end', endless, 16],
    ['whose message cannot be read', unreadable('message'), 1],
    ['whose name cannot be read', unreadable('name'), 1],
    ['whose stack cannot be read', unreadable('stack'), 1],
    ['whose cause cannot be read', unreadable('cause'), 1],
    ['that imitate an OrzError', imitation, 1],
    ['that are no errors', Symbol('s'), 1],
  ])('%s pass between processes, and are shown', (_, cause, shown) => {
    const sent = structuredClone(packError(caused(cause)));
    for (const error of [caused(cause), unpackError(sent)])
      expect(described(error).text.match(/^ {2}cause/gm)).toHaveLength(shown);
    expect(described(cause).exitCode).toBe(1);
  });

  it('are cut where they are long', () => {
    expect(described(unpackError(packError(caused(new Error('x'.repeat(1e6)))))).text.length).toBeLessThan(11_000);
  });
});
