import type { Command, CommanderError } from 'commander';
import { nearest, type OrzError } from '../core/errors.js';
import { badArguments, noCommand, unknownOption } from './errors.js';

/**
 * What commander says about wrong arguments as an OrzError with the nearest known name; undefined if it only printed
 * help or the version.
 */
export function usageError(error: CommanderError, program: Command, args: readonly string[]): OrzError | undefined {
  if (error.exitCode === 0) return undefined;
  const command = program.commands.find((known) => known.name() === args[0]) ?? program;
  const help = command === program ? 'orz-train --help' : `orz-train ${command.name()} --help`;
  const [message = ''] = error.message.replace(/^error: /, '').split('\n');
  const flag = /unknown option '([^'=]*)/.exec(message)?.[1];
  if (flag === undefined) return badArguments(message, help);
  const flags = [...command.options.map((option) => option.long ?? option.flags), '--help'];
  const near = nearest(flag, flags);
  return unknownOption(flag, flags, near === undefined ? `See: ${help}` : `Did you mean ${near}?`);
}

/** For a first word that is no command. */
export function unknownCommand(name: string, program: Command): OrzError {
  const known = program.commands.map((command) => command.name());
  return noCommand(name, known, nearest(name, known));
}
