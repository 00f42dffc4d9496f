import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fencesOf } from '../../docs/pages.js';
import { start, temporaryFolder } from './support.js';

/** An interpreter with the package tinker, of any version from 0.25. */
const python = process.env['ORZ_PYTHON'];

function missing(): string | undefined {
  if (python === undefined) return 'ORZ_PYTHON names no Python with tinker';
  const { status, stderr } = spawnSync(python, ['-c', 'import tinker'], { encoding: 'utf8' });
  return status === 0 ? undefined : `${python}: ${stderr.trim().split('\n').at(-1)}`;
}

it('the script of docs/serve.md trains, saves and samples with the SDK', async ({ skip }) => {
  const reason = missing();
  if (reason !== undefined) return skip(reason);
  const server = await start({ modelName: 'arithmetic-base' });
  const script = fencesOf('docs/serve.md').find(({ text }) => text.startsWith('# train.py\n'))!.text;
  const file = join(temporaryFolder(), 'train.py');
  const losses = `${script}\nprint("LOSSES", *losses)\n`;
  writeFileSync(file, losses.replace('http://127.0.0.1:4683', server.url.slice(0, -1)).replace('rank=8', 'rank=4'));
  const child = spawn(python!, [file]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve) => child.on('close', resolve));
  const found = /^LOSSES (.*)$/m.exec(output)?.[1];
  if (found === undefined) throw new Error(output);
  const [first = 0, , last = 0] = found.split(' ').map(Number);
  expect(last).toBeLessThan(first);
  expect(output).toMatch(/^tinker:\/\/model_\w+\/weights\/first$/m);
  expect(output).toMatch(/^\[\[\d/m);
});
