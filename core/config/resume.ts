import { leafValues } from './layers.js';
import type { RunConfig } from './schema.js';

/**
 * Settings that may differ when a run is resumed, because they change at most rounding or what is recorded. All others
 * are part of the experiment: the resumed run would be another one.
 */
export const changeableSettings: readonly string[] = [
  'backend', 'engine', // another device or micro-batch rounds differently
  'iterations', // a longer run begins like the shorter one
  'runDir', 'plugins', 'metrics', 'checkpoint', // where things are, and what is written
  'evaluation', // draws from random streams of its own
  'grading', // verdicts are limited by counted steps, not by this clock
];

/** Paths whose values differ between two configurations and that make the run another experiment. */
export function changedMathematics(before: RunConfig, after: RunConfig): string[] {
  const fixed = (config: RunConfig) => new Map(leafValues(config)
    .filter(([path]) => !changeableSettings.includes(path.split('.')[0]!))
    .map(([path, value]) => [path, JSON.stringify(value)]));
  const [old, now] = [fixed(before), fixed(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path));
}
