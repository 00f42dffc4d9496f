import { resolve } from 'node:path';
import { messageOf } from '../../core/boundary/safe-text.js';
import type { TextPosition } from '../../core/data/files/text-position.js';
import { OrzError } from '../../core/errors.js';
import { shellQuote } from '../../core/shell-quote.js';

/** The file that --config names does not exist. */
export function missingConfig(named: string): OrzError {
  return new OrzError('ORZ_CONFIG_FILE', `There is no configuration file ${named}`, {
    value: named,
    origin: '--config',
    remedy: 'Correct the path; it is relative to the current folder.',
  });
}

/** --config names a folder; so does an empty text, which is the current one. */
export function configIsFolder(named: string): OrzError {
  return new OrzError('ORZ_CONFIG_FILE', `--config needs a file, and '${named}' is a folder`, {
    value: named,
    origin: '--config',
    remedy: 'Name the file in it, for example: --config FOLDER/orz.config.ts',
  });
}

/** A configuration file that the system does not let us read. */
export const unreadableConfig = (path: string, cause: unknown): OrzError =>
  new OrzError('ORZ_CONFIG_FILE', `The configuration file ${path} cannot be read`, {
    value: path,
    origin: path,
    remedy: 'Check the file and the permissions on it; the cause below says what is wrong.',
    cause,
  });

/** A configuration file whose code throws when it is executed. */
export const throwingConfig = (path: string, cause: unknown): OrzError =>
  new OrzError('ORZ_CONFIG_FILE', `The configuration file ${path} cannot be executed`, {
    value: path,
    origin: path,
    remedy: 'Correct the file; the cause below says where.',
    cause,
  });

/** A configuration file that is not of its format; `problem` says why. */
export const malformedConfig = (path: string, format: string, problem: string, at?: TextPosition): OrzError => {
  const where = at === undefined ? '' : `, at line ${at.line}, column ${at.column}`;
  return new OrzError('ORZ_CONFIG_FILE', `The configuration file is not ${format}${where}: ${problem}`, {
    value: path,
    origin: path,
    remedy: 'Correct the file.',
  });
};

export const utf16Config = (path: string): OrzError =>
  new OrzError('ORZ_CONFIG_FILE', 'The configuration file is UTF-16', {
    value: path,
    allowed: 'UTF-8, with or without byte order mark',
    origin: path,
    remedy: 'Save it as UTF-8; in PowerShell: Get-Content IN | Set-Content -Encoding utf8 OUT',
  });

/** A configuration file holds something else than settings. */
export function noConfiguration(label: string, path: string, values: unknown): OrzError {
  return new OrzError('ORZ_CONFIG_FILE', `${label} does not hold a configuration`, {
    value: values,
    allowed: 'an object of settings',
    origin: path,
    remedy: 'Write settings, in a TypeScript or JavaScript file as: export default { iterations: 10 }',
  });
}

/** `preset` in a configuration file is neither a name nor a list of them. */
export function presetNotNamed(value: unknown, known: readonly string[], origin: string): OrzError {
  return new OrzError('ORZ_CONFIG_INVALID', `Setting 'preset' cannot be ${JSON.stringify(value)}`, {
    value,
    allowed: known,
    origin,
    remedy: 'Name one preset, or a list of them; presets of your own by path or package.',
  });
}

/** A path that names a preset, at which there is no file. */
export const missingPreset = (
  named: string,
  { folder, origin }: { readonly folder: string; readonly origin: string },
): OrzError =>
  new OrzError('ORZ_PRESET_UNKNOWN', `There is no preset file ${resolve(folder, named)}`, {
    value: named,
    origin,
    remedy: 'Correct the path; those of flags are relative to the current folder, others to the file that states them.',
  });

/** The module of a preset cannot be executed. */
export const unloadablePreset = (path: string, origin: string, cause: unknown): OrzError =>
  new OrzError('ORZ_PRESET_INVALID', `The preset cannot be loaded: ${messageOf(cause)}`, {
    value: path,
    origin,
    remedy: 'Correct the module; the cause below says where.',
    cause,
  });

const presetExample =
  "export default definePreset({ name: 'mine', description: '…', extends: 'orz-7b', values: { … } })";

/** The default export of a module is no preset. */
export function invalidPreset(
  path: string,
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
  origin: string,
): OrzError {
  const [first] = issues;
  const field = first?.path.join('.') ?? '';
  const where = field === '' ? 'its default export' : `'${field}' of its default export`;
  return new OrzError('ORZ_PRESET_INVALID', `${path} holds no preset: ${where}: ${first?.message ?? 'malformed'}`, {
    value: path,
    allowed: 'name, description, values, and extends or changes, and sources',
    origin,
    remedy: `Export a preset: ${presetExample}`,
  });
}

/** Two presets with one name. */
export const presetNameTaken = (name: string, path: string): OrzError =>
  new OrzError('ORZ_PRESET_INVALID', `There is another preset '${name}'`, {
    value: name,
    origin: path,
    remedy: 'Give the preset a name of its own.',
  });

/** Several configuration files in one folder. */
export const severalConfigs = (folder: string, names: readonly string[]): OrzError =>
  new OrzError('ORZ_CONFIG_FILE', `There are several configuration files in ${folder}`, {
    value: names,
    allowed: 'one',
    origin: folder,
    remedy: `Remove all but one, or name one: --config ${shellQuote(names[0] ?? '')}`,
  });

/** A configuration file in a format that is not read. */
export const unsupportedConfig = (path: string, formats: readonly string[]): OrzError =>
  new OrzError('ORZ_CONFIG_FILE', `${path} is in a format that is not read`, {
    value: path,
    allowed: formats,
    origin: path,
    remedy: 'Write the same settings in one of these formats, and remove the file; or ignore it with --no-config.',
  });

/** A plugin that the configuration lists is neither a file nor a package; `path` is that of a file, if it names one. */
export function missingPlugin(specifier: string, path: string | undefined, origin: string): OrzError {
  const message =
    path === undefined ? `There is no file and no installed package '${specifier}'` : `There is no plugin file ${path}`;
  return new OrzError('ORZ_PLUGIN_LOAD', message, {
    value: specifier,
    origin,
    allowed: 'a path relative to the configuration file, or the name of an installed package',
    remedy:
      path === undefined
        ? `Correct the name, or install it: npm install ${shellQuote(specifier)}`
        : 'Correct the path.',
  });
}

/** The run in `folder` names plugins that the user has not used before. */
export function untrustedPlugins(plugins: readonly string[], folder: string): OrzError {
  const message = `The run in ${folder} names plugins that you have not used here before; they were not loaded`;
  return new OrzError('ORZ_PLUGIN_LOAD', message, {
    value: plugins,
    allowed: 'plugins that your flags or your configuration file name, or that you have started a run with',
    origin: folder,
    remedy:
      'Plugins are code and run with your rights, and a run folder from elsewhere may name any. If you trust these ' +
      'files, add --trust-plugins.',
  });
}
