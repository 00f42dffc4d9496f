import type { ClusterPlan } from '../../core/plan/cluster.js';
import { authorsRun, utilisation } from '../../core/plan/cluster-time.js';
import { formatBytes } from '../../core/plan/units.js';

type Row = readonly [label: string, value: string];

/** US dollars per GPU-hour where none is given: an assumption, not an offer. */
export const assumedPrice = 2.5;

const lasting = (seconds: number): string =>
  seconds < 600 ? `${Number(seconds.toPrecision(2))} s` : `${(seconds / 3600).toPrecision(2)} h`;
const thousands = (value: number): string => Math.round(value).toLocaleString('en-US');

/** The plan of a cluster as label and value, for printing. Money at `price` US dollars per GPU-hour. */
export function clusterRows(plan: ClusterPlan, iterations: number, price: number): Row[] {
  const { gpus, nodes, training, sampling, time } = plan;
  const { responseTokens, secondsPerIteration, gpus: theirs } = authorsRun;
  const percent = `${(100 * utilisation).toFixed(1)} %`;
  return [
    ['GPUs', `${gpus} of 80 GB on ${nodes} ${nodes === 1 ? 'node' : 'nodes'}: H100 or H800`],
    [
      'of each GPU',
      `training ${formatBytes(training.peak)}: states ${formatBytes(training.states)}, gathered ` +
        `${formatBytes(training.gathered)}, activations ${formatBytes(training.activations)}, ` +
        `logits ${formatBytes(training.logits)}; vLLM in turns ${formatBytes(sampling.memoryShare * 80e9)}`,
    ],
    [
      'vLLM',
      `${sampling.engines} engines of ${sampling.tensorParallel} ${sampling.tensorParallel === 1 ? 'GPU' : 'GPUs'}, ` +
        `${sampling.sequences} sequences of full length in each at once`,
    ],
    [
      'of each node',
      `${formatBytes(plan.hostBytesPerNode)} of memory for the model that waits; ` +
        `a checkpoint is ${formatBytes(plan.checkpointBytes)} on the shared disk`,
    ],
    [
      'time',
      `about ${lasting(time.typicalSeconds)} per iteration at ${thousands(responseTokens)} tokens a response, ` +
        `at most ${lasting(time.maxSeconds)}: arithmetic at ${percent} of the data sheet, as in the authors' run of ` +
        `the 7B (${secondsPerIteration} s on ${theirs} H800)`,
    ],
    [
      'money',
      `${thousands(time.gpuHours)} GPU-hours for ${iterations} iterations, ` +
        `$${thousands(time.gpuHours * price)} at $${price.toFixed(2)} each`,
    ],
    ['wire', describeWire(plan)],
  ];
}

/** The bottleneck is named: the GPUs, or the one process that takes in requests. */
function describeWire({ wire: { typical, max }, time }: ClusterPlan): string {
  const share = typical.serverSeconds / (typical.serverSeconds + time.typicalSeconds);
  const bottleneck = share > 0.5 ? "the server's API process" : 'the GPUs';
  const percent = `${Math.round(100 * share)} % of the time`;
  return (
    `${formatBytes(typical.bytes)} per iteration, at most ${formatBytes(max.bytes)}; the server's API process needs ` +
    `${thousands(typical.serverSeconds)} s for it, ${percent}: the bottleneck is ${bottleneck}`
  );
}
