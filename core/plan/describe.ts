import {
  memoryPurposes,
  type MemoryPlan,
  type OperationsPlan,
  type ParameterCounts,
  type RunPlan,
  type WirePlan,
} from './types.js';
import { formatBytes, formatCount, formatOperations } from './units.js';

type Row = [label: string, value: string];

/** The plan as label and value, for printing. */
export function describePlan(plan: RunPlan): Row[] {
  const { parameters, memory, operations, wire } = plan;
  const rows: Row[] = [
    ['iterations', String(plan.iterations)],
    ['per iteration', describeIteration(plan)],
    ['updates', `policy ${plan.policyUpdates}, critic ${plan.criticUpdates}`],
  ];
  if (parameters) rows.push(['parameters', describeParameters(parameters)]);
  if (memory) rows.push(['memory', describeMemory(memory)]);
  if (wire) rows.push(['wire', describeWire(wire)]);
  if (operations) rows.push(['arithmetic', describeOperations(operations)]);
  return rows;
}

function describeIteration({ promptsPerIteration, responsesPerIteration, maxTokensPerIteration }: RunPlan): string {
  const tokens = formatCount(maxTokensPerIteration);
  return `${promptsPerIteration} prompts, ${responsesPerIteration} responses, at most ${tokens} tokens`;
}

/** Models that there will not be are left out. */
const describeParameters = (parameters: ParameterCounts): string =>
  (['policy', 'critic', 'reference'] as const)
    .filter((role) => parameters[role] > 0)
    .map((role) => `${role} ${formatCount(parameters[role])}${describeTrained(parameters, role)}`)
    .join(', ');

function describeTrained(parameters: ParameterCounts, role: 'policy' | 'critic' | 'reference'): string {
  const { trained, merged } = parameters;
  if (role === 'reference' || trained[role] === parameters[role]) return '';
  return ` (${formatCount(trained[role])}${merged === undefined ? '' : ' in adapters'} are trained)`;
}

function describeMemory(memory: MemoryPlan): string {
  const purposes = memoryPurposes.map((name) => `${name} ${formatBytes(memory[name])}`);
  return `about ${formatBytes(memory.peak)}, besides some 0.4 GB of the process itself: ${purposes.join(', ')}`;
}

const describeWire = ({ typical, max }: WirePlan): string =>
  `to and from the server about ${formatBytes(typical.bytes)} per iteration, at most ${formatBytes(max.bytes)}`;

/** Phases without work are left out. */
function describeOperations(operations: OperationsPlan): string {
  const phases = (['sample', 'score', 'critic', 'policy'] as const)
    .filter((phase) => operations[phase] > 0)
    .map((phase) => `${phase} ${formatOperations(operations[phase])}`);
  return `at most ${formatOperations(operations.total)} per iteration: ${phases.join(', ')}`;
}
