import { ownerOf } from './bounds.js';

/** A chart of some metrics. Names are those of docs/metrics.md; `*` stands for one or more parts of a name. */
export interface ChartSpec {
  readonly title: string;
  readonly section: 'What the policy writes' | 'Learning' | 'Speed and memory' | 'Other metrics';
  readonly names: readonly string[];
  /** What a reader should know, in a line; it stands below the title. */
  readonly help: string;
  /** Values that the vertical axis shows at least, so that a share of 0.002 looks as small as it is. */
  readonly range?: readonly [bottom: number, top: number];
  /** Whether a logarithmic axis makes sense. */
  readonly log?: boolean;
}

const policy = 'What the policy writes';
const learning = 'Learning';
const cost = 'Speed and memory';
/** Shares, and rewards where they are 0 or 1. */
const share = [0, 1] as const;

export const chartSpecs: readonly ChartSpec[] = [
  {
    title: 'Reward',
    section: policy,
    names: ['reward', 'passAtG'],
    help: 'Mean reward; passAtG: prompts with a rewarded response.',
    range: share,
  },
  {
    title: 'Held-out reward',
    section: policy,
    names: ['evaluation/*/reward'],
    help: 'Problems never trained on, with 95 % intervals; 0: untrained.',
    range: share,
  },
  {
    title: 'Response length',
    section: policy,
    names: ['responseLength', 'responseLengthCorrect', 'responseLengthWrong', 'reflectiveCorrectLength'],
    log: true,
    help: 'Tokens: all, correct, wrong, correct with reflection.',
  },
  {
    title: 'Format and reflection',
    section: policy,
    names: ['formatShare', 'reflectionShare'],
    help: 'Responses that are well-formed, and that check themselves.',
    range: share,
  },
  { title: 'Verdicts', section: policy, names: ['verdicts/*'], help: 'Share of responses per verdict.', range: share },
  {
    title: 'Cut off and repeating',
    section: policy,
    names: ['stopReasons/length', 'repeatShare'],
    help: 'Responses cut at the limit, and that fall into a loop.',
    range: share,
  },
  {
    title: 'Entropy',
    section: policy,
    names: ['entropy'],
    log: true,
    help: 'Nats per token; a sudden fall to 0 is a collapse.',
  },
  {
    title: 'Groups without signal',
    section: policy,
    names: ['groupsWithoutSignal'],
    help: 'Prompts with one reward throughout teach nothing.',
    range: share,
  },
  {
    title: 'Groups collected',
    section: policy,
    names: ['groupsCollected', 'groupsKept'],
    help: 'What the group filter chose from, and what it kept.',
  },
  {
    title: 'Masked responses',
    section: policy,
    names: ['maskedShare'],
    help: 'Left out of the losses by the reward shaping.',
    range: share,
  },
  {
    title: 'Sampler correction',
    section: policy,
    names: ['correctionMean'],
    help: 'Mean factor of a token; 1: sampler and trainer agree.',
  },
  {
    title: 'Turns',
    section: policy,
    names: ['turns', 'evaluation/*/turns'],
    help: 'Turns per response with an environment; 1: it is never asked.',
  },
  {
    title: 'Entropy coefficient',
    section: policy,
    names: ['entropyCoefficient'],
    help: 'Weight of the adaptive entropy term.',
  },
  {
    title: 'Explained variance',
    section: learning,
    names: ['explainedVariance'],
    help: '1: the critic is right; 0: as good as a constant.',
    range: share,
  },
  {
    title: 'Advantage of repetitions',
    section: learning,
    names: ['repeatAdvantage', 'repeatGroupAdvantage'],
    help: 'Standard deviations: by the critic, and by comparing responses.',
  },
  {
    title: 'KL divergence',
    section: learning,
    names: ['approxKl', 'kl', 'klPenalty', 'klLoss'],
    help: 'Distance from the policy that sampled, or the base model.',
  },
  {
    title: 'Clip fraction',
    section: learning,
    names: ['clipFraction', 'valueClipFraction'],
    help: 'Tokens whose probability ratio, or value, was clipped.',
    range: share,
  },
  {
    title: 'Log-probability gap',
    section: learning,
    names: ['logprobGapMean', 'logprobGapMax'],
    log: true,
    help: 'Sampler against trainer; more than rounding is a bug.',
  },
  {
    title: 'Gradient norms',
    section: learning,
    names: ['policyGradNorm', 'criticGradNorm'],
    log: true,
    help: 'Global norms before clipping; watch for jumps.',
  },
  {
    title: 'Losses',
    section: learning,
    names: ['policyLoss', 'valueLoss', 'valueError'],
    help: 'The value loss should fall; the policy loss says little.',
  },
  {
    title: 'Advantages',
    section: learning,
    names: ['advantageMean', 'advantageStd'],
    help: 'Before whitening; a deviation near 0 means no signal.',
  },
  {
    title: 'Learning rates',
    section: learning,
    names: ['policyLearningRate', 'criticLearningRate'],
    log: true,
    help: 'Of the last optimizer step of each iteration.',
  },
  {
    title: 'Seconds per phase',
    section: cost,
    names: ['seconds/*'],
    log: true,
    help: 'Time of each phase of an iteration.',
  },
  {
    title: 'Tokens per second',
    section: cost,
    names: ['tokensPerSecond/*'],
    log: true,
    help: 'Tokens that each phase handles in a second.',
  },
  {
    title: 'Bytes to and from the server',
    section: cost,
    names: ['server/bytesSent', 'server/bytesReceived'],
    log: true,
    help: 'Of one iteration, its evaluation included.',
  },
  {
    title: 'Waiting for the server',
    section: cost,
    names: ['serverSeconds/*'],
    log: true,
    help: 'Seconds by what was asked; the queue is in front of it.',
  },
  {
    title: 'Memory',
    section: cost,
    names: ['memoryBytes', 'peakMemoryBytes'],
    help: 'Bytes of the run process: now, and the most so far.',
  },
];

/** A chart with the metrics for which the runs have curves. */
export interface Chart extends Omit<ChartSpec, 'names'> {
  readonly names: readonly string[];
}

/** Constant, or meaningless as a curve. */
const hidden = (name: string): boolean =>
  name.startsWith('phaseShare/') ||
  name === 'weightVersion' ||
  name === 'stopReasons/stop' ||
  name.startsWith('warnings');

/** The charts for these metrics: the known ones, then one for each other metric, such as those of plugins. */
export function chartsFor(all: readonly string[]): Chart[] {
  // The ends of an interval are drawn with the metric that they belong to.
  const names = all.filter((name) => ownerOf(name, (other) => all.includes(other)) === undefined);
  const taken = new Set<string>();
  const known = chartSpecs.flatMap((spec) => {
    const found = spec.names.flatMap((pattern) => names.filter((name) => matches(pattern, name)));
    for (const name of found) taken.add(name);
    return found.length === 0 ? [] : [{ ...spec, names: found }];
  });
  const others = new Map<string, string[]>();
  for (const name of names.filter((each) => !taken.has(each) && !hidden(each)))
    others.set(titleOf(name), [...(others.get(titleOf(name)) ?? []), name]);
  return [
    ...known,
    ...[...others].map(([title, group]): Chart => ({
      title,
      section: 'Other metrics',
      names: group,
      help: 'Of a plugin, or explained in docs/metrics.md.',
      log: true,
    })),
  ];
}

/** Parts of one metric share a chart. */
const titleOf = (name: string): string => (name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : name);

/** Whether a name fits a pattern of {@link ChartSpec}. */
export function matches(pattern: string, name: string): boolean {
  const [before, after] = pattern.split('*') as [string, string?];
  if (after === undefined) return pattern === name;
  return name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after);
}
