import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { innerNpmEnvironment } from '../../../cli/setup/npm.mjs';
import { packageRoot } from '../../../cli/setup/project.mjs';

it('an inner npm keeps registry, proxy and cache of the outer one, and not its folder or mode', () => {
  const kept = {
    PATH: '/bin',
    npm_config_registry: 'r',
    npm_config_proxy: 'p',
    npm_config_cache: 'c',
    npm_lifecycle_event: 'postinstall',
  };
  expect(
    innerNpmEnvironment({
      ...kept,
      npm_config_global: 'true',
      NPM_CONFIG_PREFIX: '/usr',
      npm_config_omit: 'dev',
      npm_config_ignore_scripts: 'true',
      'npm_config_dry-run': 'true',
    }),
  ).toEqual(kept);
});

describe.each(['package-lock.json', 'plugins/backend-onnx/runtime/package-lock.json'])('%s', (file) => {
  const text = readFileSync(join(packageRoot, file), 'utf8');

  it('names no registry, so that it works with every mirror', () => {
    expect(text).not.toMatch(/"resolved"|https?:\/\/[^"]*\.tgz/);
  });

  it('agrees with its package.json', () => {
    const manifest = JSON.parse(readFileSync(join(packageRoot, file.replace('-lock', '')), 'utf8'));
    const locked = JSON.parse(text).packages[''];
    expect(locked.dependencies).toEqual(manifest.dependencies);
    expect(locked.devDependencies).toEqual(manifest.devDependencies);
  });
});
