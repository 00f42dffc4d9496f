/** A chart of some metrics. Names are those of docs/metrics.md; `*` stands for one or more parts of a name. */
export interface ChartSpec {
  readonly title: string;
  readonly section: 'What the policy writes' | 'Learning' | 'Speed and memory' | 'Other metrics';
  readonly names: readonly string[];
  /** What a reader should know, in a sentence. */
  readonly help: string;
  /** Whether a logarithmic axis makes sense. */
  readonly log?: boolean;
}

const policy = 'What the policy writes';
const learning = 'Learning';
const cost = 'Speed and memory';

export const chartSpecs: readonly ChartSpec[] = [
  {
    title: 'Reward',
    section: policy,
    names: ['reward', 'passAtG'],
    help: 'Mean reward, and the share of prompts with at least one rewarded response.',
  },
  {
    title: 'Held-out reward',
    section: policy,
    names: ['evaluation/*/reward'],
    help: 'Reward on problems that are never trained on.',
  },
  {
    title: 'Response length',
    section: policy,
    names: ['responseLength', 'responseLengthCorrect', 'responseLengthWrong', 'reflectiveCorrectLength'],
    log: true,
    help: 'Tokens per response: all, correct, wrong, correct with reflection.',
  },
  {
    title: 'Format and reflection',
    section: policy,
    names: ['formatShare', 'reflectionShare'],
    help: 'Share of well-formed responses and of those that check themselves.',
  },
  { title: 'Verdicts', section: policy, names: ['verdicts/*'], help: 'Share of responses per verdict.' },
  {
    title: 'Cut off and repeating',
    section: policy,
    names: ['stopReasons/length', 'repeatShare'],
    help: 'Share of responses cut at the limit, and of those that fall into a loop.',
  },
  {
    title: 'Entropy',
    section: policy,
    names: ['entropy'],
    log: true,
    help: 'Mean over tokens in nats. A fall to 0 within a few iterations is a collapse.',
  },
  {
    title: 'Groups without signal',
    section: policy,
    names: ['groupsWithoutSignal'],
    help: 'Share of prompts whose responses all have the same reward: nothing can be learned from them.',
  },
  {
    title: 'Explained variance',
    section: learning,
    names: ['explainedVariance'],
    help: '1: the critic is right; 0: no better than a constant; below 0: worse.',
  },
  {
    title: 'KL divergence',
    section: learning,
    names: ['approxKl', 'kl', 'klPenalty', 'klLoss'],
    help: 'Distance of an update from the policy that sampled, and from the base model if one is kept.',
  },
  {
    title: 'Clip fraction',
    section: learning,
    names: ['clipFraction', 'valueClipFraction'],
    help: 'Share of tokens whose probability ratio, or value, was clipped.',
  },
  {
    title: 'Log-probability gap',
    section: learning,
    names: ['logprobGapMean', 'logprobGapMax'],
    log: true,
    help: 'Sampler against trainer, same weights. Anything beyond rounding is a bug.',
  },
  {
    title: 'Gradient norms',
    section: learning,
    names: ['policyGradNorm', 'criticGradNorm'],
    log: true,
    help: 'Before clipping.',
  },
  {
    title: 'Losses',
    section: learning,
    names: ['policyLoss', 'valueLoss', 'valueError'],
    help: 'The size of the policy loss says little; that of the value loss should fall.',
  },
  {
    title: 'Advantages',
    section: learning,
    names: ['advantageMean', 'advantageStd'],
    help: 'Before whitening. A deviation near 0 means no signal.',
  },
  {
    title: 'Learning rates',
    section: learning,
    names: ['policyLearningRate', 'criticLearningRate'],
    log: true,
    help: 'Of the last step of each iteration.',
  },
  {
    title: 'Seconds per phase',
    section: cost,
    names: ['seconds/*'],
    log: true,
    help: 'Time of each phase of an iteration.',
  },
  { title: 'Tokens per second', section: cost, names: ['tokensPerSecond/*'], log: true, help: 'By phase.' },
  { title: 'Memory', section: cost, names: ['memoryBytes', 'peakMemoryBytes'], help: 'Bytes of the run process.' },
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
export function chartsFor(names: readonly string[]): Chart[] {
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
      help: '',
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
