import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { report } from '../../../cli/commands/report.js';
import { useFolder } from './in-folder.js';

const current = useFolder();

/** A run with one iteration, as much as a report needs. */
function makeRun(): string {
  const run = join(current.folder, 'run');
  mkdirSync(run);
  writeFileSync(join(run, 'config.json'), '{}');
  writeFileSync(join(run, 'metrics.jsonl'), '{"iteration":1,"reward":0.5}\n');
  return run;
}

describe('orz-train report', () => {
  it('replaces a link in the run folder, which may come from elsewhere, and not what it leads to', async () => {
    const run = makeRun();
    const precious = join(current.folder, 'precious');
    writeFileSync(precious, 'mine');
    symlinkSync(precious, join(run, 'report.html'));
    expect(await report([run], {})).toBe(0);
    expect(readFileSync(precious, 'utf8')).toBe('mine');
    expect(lstatSync(join(run, 'report.html')).isFile()).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('does not wait for the reader of a pipe in the run folder', async () => {
    const run = makeRun();
    execFileSync('mkfifo', [join(run, 'report.html')]);
    expect(await report([run], {})).toBe(0);
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('says where else it can be written', async () => {
    const run = makeRun();
    mkdirSync(join(run, 'report.html'));
    await expect(report([run], {})).rejects.toMatchObject({ code: 'ORZ_STORAGE', details: { value: 'EISDIR' } });
    expect(await report([run], { output: 'here.html' })).toBe(0);
    expect(existsSync('here.html')).toBe(true);
  });
});
