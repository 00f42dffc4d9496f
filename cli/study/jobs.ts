import { planOf, type MachinePlan } from '../plan.js';
import type { PlannedArm } from './plan-runs.js';

/** What the runs of a study need of this machine. */
export interface StudyPlan {
  /** One for each arm. */
  readonly plans: readonly MachinePlan[];
  /** Runs at the same time: as many as are wanted, or as the memory holds. */
  readonly jobs: number;
}

export async function planArms(arms: readonly PlannedArm[], wanted: number): Promise<StudyPlan> {
  const plans: MachinePlan[] = [];
  for (const { gathered } of arms) plans.push(await planOf(gathered.resolved));
  return { plans, jobs: Math.min(wanted, runsInMemory(plans)) };
}

/** How many runs with these plans the memory of this machine holds at once, at least one; no limit if unknown. */
export function runsInMemory(plans: readonly Pick<MachinePlan, 'memoryUses'>[]): number {
  const counts = plans.flatMap(({ memoryUses: uses = [] }) => uses.map(({ usable, needed }) => usable / needed));
  return Math.max(1, Math.floor(counts.reduce((least, count) => Math.min(least, count), Infinity)));
}
