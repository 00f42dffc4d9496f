import type { RunPlan } from './plan.js';
import { formatBytes, formatCount } from './units.js';

/** The plan as label and value, for printing. */
export function describePlan(plan: RunPlan): [label: string, value: string][] {
  const { parameters, memory } = plan;
  const models = parameters && Object.entries(parameters).filter(([, count]) => count > 0).map(([role, count]) => `${role} ${formatCount(count)}`);
  return [
    ['iterations', String(plan.iterations)],
    ['per iteration', `${plan.promptsPerIteration} prompts, ${plan.responsesPerIteration} responses, at most ${formatCount(plan.maxTokensPerIteration)} tokens`],
    ['updates', `policy ${plan.policyUpdates}, critic ${plan.criticUpdates}`],
    ...(models ? [['parameters', models.join(', ')] as [string, string]] : []),
    ...(memory ? [['memory', `about ${formatBytes(memory.peak)}: ${Object.entries(memory).filter(([name]) => name !== 'peak').map(([name, bytes]) => `${name} ${formatBytes(bytes as number)}`).join(', ')}`] as [string, string]] : []),
  ];
}
