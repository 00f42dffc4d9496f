import { gradeLines, type GradedLine } from '../../../cli/grade/grade-lines.js';
import { createGrader, type Grader, type GraderOptions } from '../../../cli/grade/grader.js';
import { openReward, type RewardFlags } from '../../../cli/grade/open-reward.js';
import { createNodePlatform } from '../../../cli/platform/node-platform.js';

/** The grader of the commands, with the math reward unless the flags say otherwise. */
export async function mathGrader(flags: RewardFlags = {}, options: Partial<GraderOptions> = {}): Promise<Grader> {
  const platform = createNodePlatform('.');
  const phase = () => ({ progress: () => undefined, end: () => undefined });
  const reward = await openReward(flags, platform, { phase, log: () => undefined });
  return createGrader(reward, { platform, workers: 2, ...options });
}

/** What the command makes of these records, in their order. */
export async function gradeRecords(records: readonly unknown[]): Promise<GradedLine[]> {
  const grader = await mathGrader();
  try {
    const graded: GradedLine[] = [];
    for await (const line of gradeLines(linesOf(records), grader)) graded.push(line);
    return graded;
  } finally {
    await grader.dispose();
  }
}

async function* linesOf(records: readonly unknown[]) {
  for (const [i, record] of records.entries()) yield { number: i + 1, text: JSON.stringify(record) };
}
