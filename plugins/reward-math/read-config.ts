import { OrzError } from '../../core/errors.js';
import { mathRewardSettings, type MathRewardSettings } from './settings.js';

/** Settings with defaults filled in; an OrzError names what is wrong. */
export function parseSettings(settings: unknown): MathRewardSettings {
  const parsed = mathRewardSettings.safeParse(settings ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new OrzError('ORZ_CONFIG_INVALID', `The math reward cannot use its settings: ${issue.message}`, {
    origin: `reward settings, ${issue.path.join('.') || 'top level'}`,
    allowed: Object.keys(mathRewardSettings.shape),
    remedy: 'See docs/reward.md for every setting and its default.',
    cause: parsed.error,
  });
}

/** The `config` of a line of the grade command, with Math-Verify's names, as changes to the settings. */
export function settingsFromConfig(
  config: Readonly<Record<string, unknown>>,
  base: MathRewardSettings,
): MathRewardSettings {
  const changes: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(config)) {
    const reader = Object.hasOwn(configReaders, name) ? configReaders[name] : undefined;
    if (reader === undefined) {
      throw new OrzError('ORZ_DATA_MALFORMED', `unknown name "${name}" in config`, {
        value: name,
        allowed: Object.keys(configReaders),
      });
    }
    Object.assign(changes, reader(value));
  }
  return parseSettings(changes);
}

const configReaders: Readonly<Record<string, (value: unknown) => Record<string, unknown>>> = {
  targets: (value) => ({ targets: value }),
  boxed_match_priority: (value) => ({ boxedPriority: value }),
  precision: (value) => ({ precision: value }),
  strict: (value) => ({ strictVariables: value }),
  allow_set_relation_comp: (value) => ({ inequalityForSet: value }),
  extraction_mode: (value) => ({ firstMatchOnly: value === 'first_match' }),
  // Without a fallback Math-Verify ignores what it cannot read; equal text that cannot be read is rare enough to keep.
  fallback_mode: () => ({}),
  normalization: (value) =>
    isObject(value) && value['malformed_operators'] === false ? { repairPrediction: false } : {},
  strings: (value) => ({ strings: value }),
  lowercase: (value) => ({ lowercase: value }),
};

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
