import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { innerNpmEnvironment, runNpm } from '../../cli/setup/npm.mjs';
import { packageRoot } from '../../cli/setup/project.mjs';

/** What a program of a stranger has printed, and how it ended. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder outside the checkout, with nothing of it above, in which the packed package is installed. */
export interface StrangersFolder {
  readonly folder: string;
  /** Where the package lies. */
  readonly installed: string;
  readonly env: NodeJS.ProcessEnv;
  /** The command as npm links it for a user. */
  orzTrain(...args: string[]): Outcome;
  remove(): void;
}

async function npm(args: string[], folder: string): Promise<void> {
  const { ok, output } = await runNpm(args, folder);
  if (!ok) throw new Error(`npm ${args.join(' ')} failed:\n${output}`);
}

/** Packs the package as it is built now and installs it. */
export async function installForStranger(manifest: object = {}): Promise<StrangersFolder> {
  const folder = mkdtempSync(join(tmpdir(), 'orz-package-'));
  // Scripts are off because `npm run test:full` has built just now, and a clean build would pull dist away from other
  // tests.
  await npm(['pack', '--ignore-scripts', '--pack-destination', folder], packageRoot);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', private: true, ...manifest }));
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  await npm(['install', '--no-audit', '--no-fund', `./${tarball}`], folder);
  const isWindows = process.platform === 'win32';
  const link = join(folder, 'node_modules', '.bin', isWindows ? 'orz-train.cmd' : 'orz-train');
  const env = { ...innerNpmEnvironment(process.env), NO_COLOR: '1' };
  return {
    folder,
    installed: join(folder, 'node_modules', 'open-reasoner-zero'),
    env,
    orzTrain: (...args) => spawnSync(link, args, { cwd: folder, encoding: 'utf8', env, shell: isWindows }),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
