import type { TextPosition } from '../../core/data/files/text-position.js';
import { nearest, OrzError } from '../../core/errors.js';

/** For a field of a record that is missing or cannot be used; the message alone names the field and what it may be. */
export function badField(path: string, value: unknown, allowed: string): OrzError {
  return new OrzError('ORZ_DATA_MALFORMED', `"${path}" must be ${allowed}`, {
    ...(value !== undefined && { value }),
    allowed,
    origin: path,
    remedy: 'Correct the field; docs/grading.md describes the records.',
  });
}

/** For a setting in the `config` of a record that neither the reward nor Math-Verify has. */
export function unknownConfigName(name: string, allowed: readonly string[]): OrzError {
  const near = nearest(name, allowed);
  return new OrzError('ORZ_DATA_MALFORMED', `"config" has no setting "${name}"`, {
    value: name,
    allowed,
    origin: 'config',
    remedy: near === undefined ? 'Remove it; docs/grading.md lists the names.' : `Did you mean "${near}"?`,
  });
}

/** A text that is not JSON. */
export const noJson = (problem: string, { column }: TextPosition): OrzError =>
  new OrzError('ORZ_DATA_MALFORMED', `This is no JSON, at column ${column}: ${problem}`, {
    allowed: 'JSON',
    remedy: 'Correct it; in JSON, a backslash of LaTeX is written twice.',
  });

export function lineTooLong(limit: number): OrzError {
  return new OrzError('ORZ_DATA_MALFORMED', `The line is longer than ${limit} characters`, {
    allowed: `at most ${limit} characters`,
    remedy: 'Put every record on a line of its own.',
  });
}

export function utf16Input(origin: string): OrzError {
  return new OrzError('ORZ_DATA_MALFORMED', `${origin} is UTF-16, and JSON lines are read as UTF-8`, {
    origin: '--input',
    allowed: 'UTF-8, with or without byte-order mark',
    remedy: 'Save it as UTF-8; in PowerShell: Get-Content IN | Set-Content -Encoding utf8 OUT',
  });
}

export function missingInput(input: string): OrzError {
  return new OrzError('ORZ_DATA_MISSING', `There is no file ${input}`, {
    value: input,
    allowed: 'a file of JSON lines, or - for standard input',
    origin: '--input',
    remedy: 'Correct the path; it is relative to the current folder.',
  });
}

export function emptyInput(input: string): OrzError {
  return new OrzError('ORZ_DATA_EMPTY', `${input} holds no line to grade`, {
    value: input,
    allowed: 'JSON lines',
    origin: '--input',
    remedy: 'Write one record per line: {"gold": "…", "prediction": "…"}',
  });
}

/** Thrown after the results so far are safe, so that the exit code says that some are missing. */
export function gradingInterrupted(signal: string, lines: number, output: string | undefined): OrzError {
  const kept = output === undefined ? 'were printed' : `are in ${output}`;
  return new OrzError('ORZ_INTERRUPTED', `Stopped; the results of the first ${lines} records ${kept}`, {
    value: signal,
    remedy: 'Run the command again to grade all of them',
  });
}

export function notACount(flag: string, text: string, range: string): OrzError {
  return new OrzError('ORZ_USAGE', `${flag} cannot be '${text}'`, {
    value: text,
    allowed: range,
    origin: flag,
    remedy: 'Leave it out to use the default.',
  });
}
