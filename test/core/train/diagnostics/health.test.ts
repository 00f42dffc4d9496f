import { describe, expect, it } from 'vitest';
import type { Metrics } from '../../../../core/contracts/metric-sink.js';
import { examineHealth, healthyStart, type HealthState } from '../../../../core/train/diagnostics/health.js';
import { healthRules } from '../../../../core/train/diagnostics/health-rules.js';

/** Metrics of an iteration in which everything is well. */
const well: Metrics = {
  reward: 0.4,
  rewardStd: 0.49,
  groupsWithoutSignal: 0.3,
  responseLength: 100,
  entropy: 0.5,
  explainedVariance: 0.2,
  logprobGapMean: 1e-7,
  logprobGapMax: 1e-5,
  clipFraction: 0,
  repeatShare: 0,
  repeatOnset: null,
  policyGradNorm: 0.3,
  criticGradNorm: 0.4,
  stopReasons: { stop: 1, length: 0 },
  verdicts: { timeout: 0 },
  rewardPool: { timeouts: 0, crashes: 0, retries: 0 },
};

/** What is raised in each iteration, by rule, and the state at the end. */
function examine(iterations: readonly Metrics[], start: HealthState = healthyStart) {
  let state = start;
  const reports = iterations.map((metrics) => {
    const report = examineHealth(state, metrics);
    state = report.state;
    return report;
  });
  return {
    state,
    raised: reports.map(({ raised }) => raised.map(({ rule }) => rule)),
    active: reports.map((report) => report.active),
    reports,
  };
}

const repeat = (count: number, change: Metrics): Metrics[] =>
  Array.from({ length: count }, () => ({ ...well, ...change }));

/** What makes each rule hold, and how often it must. */
const sick: Readonly<Record<string, Metrics>> = {
  'equal-rewards': { reward: 0, rewardStd: 0, groupsWithoutSignal: 1 },
  'no-signal': { groupsWithoutSignal: 0.96 },
  truncation: { stopReasons: { stop: 0.7, length: 0.3 } },
  repeats: { repeatShare: 0.25, repeatOnset: 40 },
  'entropy-collapse': { entropy: 0.09, groupsWithoutSignal: 0.6 },
  'explained-variance': { explainedVariance: -0.06 },
  'critic-idle': { explainedVariance: 0.01 },
  'logprob-gap': { logprobGapMean: 0.001, logprobGapMax: 2.5 },
  'clip-fraction': { clipFraction: 0.35 },
  'policy-gradient': { policyGradNorm: 3.1 },
  'critic-gradient': { criticGradNorm: 4.1 },
  grading: { rewardPool: { timeouts: 1, crashes: 0, retries: 1 } },
};

describe('the health of a run', () => {
  it('is never doubted while everything is well', () => {
    const { raised, active } = examine(repeat(60, {}));
    expect(raised.flat()).toEqual([]);
    expect(active.every((warnings) => Object.keys(warnings).length === 0)).toBe(true);
  });

  it.each(healthRules.map((rule) => [rule.name, rule.patience] as const))(
    '%s is raised once, after %i iterations, with figures and advice',
    (name, patience) => {
      const before = repeat(6, {});
      const { raised, reports } = examine([...before, ...repeat(patience + 3, sick[name]!)]);
      const expected = raised.map((_, i) => (i === before.length + patience - 1 ? [name] : []));
      expect(raised).toEqual(expected);
      const [warning] = reports[before.length + patience - 1]!.raised;
      expect(warning!.message).toMatch(/\d/);
      expect(warning!.message).not.toMatch(/NaN|undefined|Infinity/);
      expect(warning!.advice.length).toBeGreaterThan(30);
    },
  );

  it('names what holds for as long as it does, and is said again when it comes back', () => {
    const { raised, active } = examine([
      ...repeat(3, sick['truncation']!),
      ...repeat(1, {}),
      ...repeat(2, sick['truncation']!),
    ]);
    expect(raised).toEqual([[], ['truncation'], [], [], [], ['truncation']]);
    expect(active).toEqual([{}, { truncation: 2 }, { truncation: 3 }, {}, {}, { truncation: 2 }]);
  });

  it('a state that was written to a file and read again gives the same reports', () => {
    const all = [
      ...repeat(8, {}),
      ...repeat(4, { ...sick['explained-variance'], ...sick['grading'] }),
      ...repeat(2, sick['policy-gradient']!),
    ];
    const whole = examine(all);
    for (const cut of [3, 9, 10, 13]) {
      const stored = JSON.parse(JSON.stringify(examine(all.slice(0, cut)).state)) as HealthState;
      const rest = examine(all.slice(cut), stored);
      expect(rest.raised).toEqual(whole.raised.slice(cut));
      expect(rest.active).toEqual(whole.active.slice(cut));
    }
  });

  it('does not take low entropy for a collapse when the task is solved, nor a missing critic for a bad one', () => {
    expect(
      examine([
        ...repeat(3, {}),
        ...repeat(9, { entropy: 0.01, groupsWithoutSignal: 0.8, reward: 0.97 }),
      ]).raised.flat(),
    ).toEqual([]);
    expect(
      examine(repeat(40, { explainedVariance: null, criticGradNorm: null, clipFraction: null })).raised.flat(),
    ).toEqual([]);
  });

  it('warns of a jump of the log-probability gap, as stale weights make it, not of varying rounding', () => {
    expect(
      examine([...repeat(6, { logprobGapMean: 2e-7 }), ...repeat(1, { logprobGapMean: 4e-4 })]).raised.flat(),
    ).toEqual(['logprob-gap']);
    expect(
      examine([...repeat(6, { logprobGapMean: 2e-7 }), ...repeat(1, { logprobGapMean: 5e-5 })]).raised.flat(),
    ).toEqual([]);
    expect(
      examine([...repeat(6, { logprobGapMean: 0.008 }), ...repeat(1, { logprobGapMean: 0.015 })]).raised.flat(),
    ).toEqual([]);
  });

  it('counters of grading that start again at zero after a resume are no incident; a new one is', () => {
    const { raised } = examine([
      { ...well, rewardPool: { timeouts: 3, crashes: 0, retries: 0 } },
      well,
      { ...well, rewardPool: { timeouts: 0, crashes: 1, retries: 0 } },
      { ...well, rewardPool: { timeouts: 0, crashes: 1, retries: 0 } },
    ]);
    expect(raised).toEqual([['grading'], [], ['grading'], []]);
  });
});
