/** What the rules use besides the metrics of the iteration; a part of the health state. */
export interface HealthMemory {
  /** The largest entropy of an iteration so far, nats; 0 before the first. */
  readonly entropyPeak: number;
  /**
   * By metric (gradient norms and the log-probability gap): how many values there were and the running mean of their
   * natural logarithms.
   */
  readonly norms: Readonly<Record<string, { readonly count: number; readonly meanLog: number }>>;
  /** Grading threads stopped or died up to the iteration before. */
  readonly incidents: number;
}

/** Reads one number of the metrics by name or by `name.part`; undefined for what is absent or null. */
type Reading = (path: string) => number | undefined;

export interface HealthRule {
  /** Key in the metric `warnings` and in docs/metrics.md. */
  readonly name: string;
  /** Iterations in a row for which the condition must hold before the warning is raised. */
  readonly patience: number;
  holds(number: Reading, memory: HealthMemory): boolean;
  message(number: Reading, memory: HealthMemory): string;
  readonly advice: string;
}

/** All limits; docs/metrics.md lists them, and a test compares the page with these values. */
export const healthLimits = {
  truncatedShare: 0.3,
  groupsWithoutSignal: 0.95,
  /**
   * Of the largest entropy so far; counts only while at least `collapsedGroups` of the groups have one reward
   * throughout and the reward is below `solvedReward`.
   */
  entropyShare: 0.2,
  collapsedGroups: 0.5,
  solvedReward: 0.9,
  explainedVariance: -0.05,
  /** A critic that explains less than this after its patience has learned nothing. */
  usefulExplainedVariance: 0.02,
  logprobGapMean: 0.02,
  logprobGapMax: 2,
  /**
   * Times the running geometric mean of the mean gaps before, and at least `logprobGapFloor`: a jump above rounding, as
   * stale weights make.
   */
  logprobGapFactor: 30,
  logprobGapFloor: 1e-4,
  clipFraction: 0.3,
  /** Times the running geometric mean of the norms before, once there were `normHistory` of them. */
  gradientNormFactor: 10,
  normHistory: 5,
  repeatShare: 0.2,
} as const;

const limits = healthLimits;
const percent = (share: number | undefined): string => `${Math.round((share ?? 0) * 100)}%`;
const figure = (value: number | undefined): string => Number((value ?? 0).toPrecision(3)).toString();
const above = (value: number | undefined, limit: number): boolean => value !== undefined && value >= limit;
const below = (value: number | undefined, limit: number): boolean => value !== undefined && value < limit;

/** The running geometric mean of a metric, once there were enough values. */
const runningMean = (name: string, { norms }: HealthMemory): number | undefined => {
  const known = norms[name];
  return known === undefined || known.count < limits.normHistory ? undefined : Math.exp(known.meanLog);
};

function gradientRule(model: 'policy' | 'critic'): HealthRule {
  const name = `${model}GradNorm`;
  return {
    name: `${model}-gradient`,
    patience: 1,
    holds: (number, memory) => above(number(name), (runningMean(name, memory) ?? Infinity) * limits.gradientNormFactor),
    message: (number, memory) =>
      `The gradient norm of the ${model} is ${figure(number(name))}, ` +
      `far above its running mean of ${figure(runningMean(name, memory))}`,
    advice:
      `Once is noise; if it recurs, lower ${model}LearningRate or maxGradNorm, and look at the longest ` +
      'responses of this iteration.',
  };
}

/** The counters of grading threads start again at 0 when a run is resumed. */
const newIncidents = (number: Reading, { incidents }: HealthMemory): number => {
  const now = (number('rewardPool.timeouts') ?? 0) + (number('rewardPool.crashes') ?? 0);
  return now < incidents ? now : now - incidents;
};

/** Signs of a sick run, in plain words. */
export const healthRules: readonly HealthRule[] = [
  {
    name: 'equal-rewards',
    patience: 1,
    holds: (number) => number('rewardStd') === 0,
    message: (number) =>
      `All responses have the same reward, ${figure(number('reward'))}: there is nothing to learn from`,
    advice:
      'If all are wrong, look at some responses: is the answer where the reward looks for it, are the problems too ' +
      'hard, is maxResponseTokens too small? If all are right, the problems are too easy.',
  },
  {
    name: 'no-signal',
    patience: 3,
    holds: (number) => above(number('groupsWithoutSignal'), limits.groupsWithoutSignal) && number('rewardStd') !== 0,
    message: (number) =>
      `In ${percent(number('groupsWithoutSignal'))} of the groups all responses have the same reward`,
    advice:
      'Hardly any prompt tells good from bad: choose problems of another difficulty, raise samplesPerPrompt, or ' +
      'raise temperature.',
  },
  {
    name: 'truncation',
    patience: 2,
    holds: (number) => above(number('stopReasons.length'), limits.truncatedShare),
    message: (number) =>
      `${percent(number('stopReasons.length'))} of the responses are cut at the length limit and score 0`,
    advice:
      'Raise maxResponseTokens; if repeatShare is high too, the responses are loops, and a lower policyLearningRate ' +
      'or another checkpoint helps more.',
  },
  {
    name: 'repeats',
    patience: 2,
    holds: (number) => above(number('repeatShare'), limits.repeatShare),
    message: (number) =>
      `${percent(number('repeatShare'))} of the responses repeat themselves, from about token ` +
      `${figure(number('repeatOnset'))} on`,
    advice: 'The policy is falling into loops: go back to a checkpoint before the rise and lower policyLearningRate.',
  },
  {
    name: 'entropy-collapse',
    patience: 2,
    holds: (number, { entropyPeak }) =>
      below(number('entropy'), entropyPeak * limits.entropyShare) &&
      above(number('groupsWithoutSignal'), limits.collapsedGroups) &&
      below(number('reward'), limits.solvedReward),
    message: (number, { entropyPeak }) =>
      `Entropy has fallen from ${figure(entropyPeak)} to ${figure(number('entropy'))} nats while the reward is only ` +
      `${figure(number('reward'))}: responses to a prompt hardly differ`,
    advice: 'Go back to a checkpoint before the fall and lower policyLearningRate; check that temperature is 1.',
  },
  {
    name: 'explained-variance',
    patience: 3,
    holds: (number) => below(number('explainedVariance'), limits.explainedVariance),
    message: (number) =>
      `Explained variance is ${figure(number('explainedVariance'))}: the critic is worse than a constant and adds ` +
      'noise to every advantage',
    advice:
      'Lower criticLearningRate or take more criticUpdateSteps; the advantages group and rloo need no ' + 'critic.',
  },
  {
    name: 'critic-idle',
    patience: 25,
    holds: (number) => below(number('explainedVariance'), limits.usefulExplainedVariance),
    message: (number) =>
      'The critic explains almost nothing of the returns (explained variance ' +
      `${figure(number('explainedVariance'))}) after many iterations`,
    advice:
      'It is not learning: raise criticLearningRate or criticUpdateSteps, or check that criticWarmupSteps is not ' +
      'longer than the run.',
  },
  {
    name: 'logprob-gap',
    patience: 1,
    holds: (number, memory) =>
      above(number('logprobGapMean'), limits.logprobGapMean) ||
      above(number('logprobGapMax'), limits.logprobGapMax) ||
      above(
        number('logprobGapMean'),
        Math.max(limits.logprobGapFloor, (runningMean('logprobGapMean', memory) ?? Infinity) * limits.logprobGapFactor),
      ),
    message: (number) =>
      'Sampler and trainer disagree about the log-probabilities of the same tokens: ' +
      `${figure(number('logprobGapMean'))} nats on average, ${figure(number('logprobGapMax'))} at most`,
    advice:
      'The policy learns from other probabilities than were sampled from: check the sampler (weights, temperature, ' +
      "precision); with the engine's own sampler please report it.",
  },
  {
    name: 'clip-fraction',
    patience: 2,
    holds: (number) => above(number('clipFraction'), limits.clipFraction),
    message: (number) => `${percent(number('clipFraction'))} of the tokens are outside the clip range`,
    advice: 'The policy moves too far from the one that sampled: lower policyLearningRate or policyUpdateSteps.',
  },
  gradientRule('policy'),
  gradientRule('critic'),
  {
    name: 'grading',
    patience: 1,
    holds: (number, memory) => newIncidents(number, memory) > 0 || (number('verdicts.timeout') ?? 0) > 0,
    message: (number, memory) =>
      `${newIncidents(number, memory)} grading threads were stopped or died; ${percent(number('verdicts.timeout'))} ` +
      'of the responses count as timeout',
    advice:
      'Responses that cannot be graded score 0: fix the reward, or raise grading.timeoutMs if the machine is ' +
      'merely slow.',
  },
];
