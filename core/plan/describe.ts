import type { RunPlan } from './plan.js';
import type { MemoryPlan } from './memory.js';
import type { OperationsPlan } from './operations.js';
import { formatBytes, formatCount, formatOperations, formatSeconds } from './units.js';

/** The plan as label and value, for printing. */
export function describePlan(plan: RunPlan): [label: string, value: string][] {
  const { parameters, memory, operations } = plan;
  const models =
    parameters &&
    (['policy', 'critic', 'reference'] as const)
      .filter((role) => parameters[role] > 0)
      .map((role) => `${role} ${formatCount(parameters[role])}`);
  return [
    ['iterations', String(plan.iterations)],
    [
      'per iteration',
      `${plan.promptsPerIteration} prompts, ${plan.responsesPerIteration} responses, at most ${formatCount(plan.maxTokensPerIteration)} tokens`,
    ],
    ['updates', `policy ${plan.policyUpdates}, critic ${plan.criticUpdates}`],
    ...(models ? [['parameters', models.join(', ')] as [string, string]] : []),
    ...(memory ? [['memory', describeMemory(memory)] as [string, string]] : []),
    ...(operations ? [['arithmetic', describeOperations(operations)] as [string, string]] : []),
    // Every GPU holds a small run, and its times would say nothing.
    ...(memory && memory.peak > 1e9 ? (plan.accelerators ?? []) : []).map(
      ({ name, count, secondsF32, secondsBf16 }, i): [string, string] => [
        i === 0 ? 'GPUs' : '',
        `${count} × ${name} hold it; an iteration at their peak takes ${formatSeconds(secondsF32)} in f32, ${formatSeconds(secondsBf16)} in bf16`,
      ],
    ),
  ];
}

function describeMemory(memory: MemoryPlan): string {
  const purposes = (['weights', 'moments', 'gradients', 'activations', 'cache'] as const).map(
    (name) => `${name} ${formatBytes(memory[name])}`,
  );
  return `about ${formatBytes(memory.peak)}, besides some 0.4 GB of the process itself: ${purposes.join(', ')}`;
}

/** Phases without work are left out. */
function describeOperations(o: OperationsPlan): string {
  const phases = (['sample', 'score', 'critic', 'policy'] as const)
    .filter((phase) => o[phase] > 0)
    .map((phase) => `${phase} ${formatOperations(o[phase])}`);
  return `at most ${formatOperations(o.total)} per iteration: ${phases.join(', ')}`;
}
