import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OrzError } from '../../../core/errors.js';
import { interrupted } from '../../../core/train/loop/errors.js';
import { stoppedBeforeTraining } from '../../../cli/run/errors.js';
import { withResumeCommand } from '../../../cli/run/resume-command.js';
import { temporaryFolder } from '../temporary-folder.js';

const remedyOf = (error: OrzError, runDir: string): string | undefined =>
  (withResumeCommand(error, runDir) as OrzError).details.remedy;

describe('the command that continues a run', () => {
  it('is named only where the run folder holds something to continue from', () => {
    const runDir = temporaryFolder();
    expect(remedyOf(stoppedBeforeTraining('SIGINT'), runDir)).toBe('Start it again with the same command.');
    mkdirSync(join(runDir, 'checkpoints'));
    expect(remedyOf(stoppedBeforeTraining('SIGINT'), runDir)).toContain(`orz-train --resume ${runDir}`);
  });

  it('is not named twice', () => {
    const runDir = temporaryFolder();
    mkdirSync(join(runDir, 'checkpoints'));
    expect(remedyOf(interrupted(3, runDir, 'SIGINT'), runDir)?.match(/--resume/g)).toHaveLength(1);
  });
});
