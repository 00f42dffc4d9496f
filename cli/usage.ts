import type { Command, CommanderError } from 'commander';
import { OrzError, nearest } from '../core/errors.js';

/** What commander says about wrong arguments as an OrzError with the nearest known name; undefined if it only printed help or the version. */
export function usageError(error: CommanderError, program: Command, args: readonly string[]): OrzError | undefined {
  if (error.exitCode === 0) return undefined;
  const command = program.commands.find((known) => known.name() === args[0]) ?? program;
  const message = error.message.replace(/^error: /, '').split('\n')[0]!;
  const flag = /unknown option '([^'=]*)/.exec(message)?.[1];
  const flags = [...command.options.map((option) => option.long ?? option.flags), '--help'];
  const near = flag === undefined ? undefined : nearest(flag, flags);
  return new OrzError('ORZ_USAGE', flag === undefined ? capitalised(message) : `There is no option ${flag}`, {
    ...(flag === undefined ? {} : { value: flag, allowed: flags }),
    origin: 'command line',
    remedy:
      near === undefined
        ? `See: orz-train ${command === program ? '' : `${command.name()} `}--help`
        : `Did you mean ${near}?`,
  });
}

/** For a first word that is no command. */
export function unknownCommand(name: string, program: Command): OrzError {
  const known = program.commands.map((command) => command.name());
  const near = nearest(name, known);
  return new OrzError('ORZ_USAGE', `There is no command '${name}'`, {
    value: name,
    allowed: known,
    origin: 'command line',
    remedy:
      near === undefined
        ? 'To train, name a preset: orz-train --preset orz-tiny. See: orz-train --help'
        : `Did you mean: orz-train ${near}?`,
  });
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
