import { expect, it } from 'vitest';
import { nodeVersionProblem } from '../../../cli/setup/node-version.mjs';

it.each(['v20.19.0', 'v20.20.2', 'v21.0.0', 'v22.1.0', 'v100.0.0'])('%s is new enough', (version) => {
  expect(nodeVersionProblem(version)).toBeUndefined();
});

it.each(['v20.18.3', 'v18.20.0', 'v8.0.0'])(
  '%s is too old, and the message says what is needed and what to do',
  (version) => {
    expect(nodeVersionProblem(version)).toMatch(/needs Node 20\.19 or newer; this is v[\d.]+ \(.*\)\.\nInstall/);
  },
);
