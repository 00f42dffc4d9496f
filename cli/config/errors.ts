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

/** A configuration file cannot be read or executed; the cause says where. */
export function unreadableConfig(origin: string, cause: unknown, named?: string): OrzError {
  return new OrzError('ORZ_CONFIG_FILE', `The configuration file cannot be read: ${(cause as Error).message}`, {
    ...(named === undefined ? {} : { value: named }),
    origin,
    remedy: 'Correct the file; the cause below says where.',
    cause,
  });
}

/** A configuration file holds something else than settings. */
export function noConfiguration(label: string, path: string, values: unknown): OrzError {
  return new OrzError('ORZ_CONFIG_FILE', `${label} does not hold a configuration`, {
    value: values,
    allowed: 'an object of settings',
    origin: path,
    remedy: 'Write settings, in a TypeScript or JavaScript file as: export default { iterations: 10 }',
  });
}

/** `preset` in a configuration file is no name. */
export function presetNotNamed(value: unknown, known: readonly string[], origin: string): OrzError {
  return new OrzError('ORZ_CONFIG_INVALID', `Setting 'preset' cannot be ${JSON.stringify(value)}`, {
    value,
    allowed: known,
    origin,
    remedy: 'Name one preset.',
  });
}

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
