import { useEffect, useMemo, useState } from 'preact/hooks';
import { measures, scaleOf, type Measure } from '../shared/colors.js';
import type { LocatedRollout, Rollout, RolloutFileInfo, Source } from '../shared/data.js';
import { byToken } from '../shared/turns.js';
import { ChartView } from './chart.js';
import { formatNumber } from './format.js';
import { colorOfRun } from '../shared/palette.js';
import { linkTo, type Route } from './route.js';
import { ForeignText } from './text.js';
import { useTheme } from './theme.js';
import { numbersOf, ScaleLegend, TokenDetails, TokenText } from './tokens.js';
import type { LoadedRun } from './use-runs.js';
import { Verdict } from './verdict.js';

type ResponseRoute = Extract<Route, { view: 'response' }>;

interface TokenViewProps {
  readonly source: Source;
  readonly runs: readonly LoadedRun[];
  readonly response: ResponseRoute;
}

/** One response, token by token, with its verdict and its group. */
export function TokenView({ source, runs, response }: TokenViewProps) {
  const { group, error } = useGroup(source, response);
  const shown = group?.find(({ rollout }) => rollout.index === response.index);
  if (error !== undefined)
    return (
      <p class="notice" role="alert">
        {error}
      </p>
    );
  if (group === undefined) return <p class="empty">Reading…</p>;
  if (shown === undefined)
    return (
      <p class="empty">
        This response is not stored. <a href="#responses">Back to the table</a>
      </p>
    );
  return (
    <article class="response-view">
      <Heading located={shown} name={runs.length > 1 ? runs[response.run]?.info.name : undefined} />
      <Problem rollout={shown.rollout} />
      <Tokens rollout={shown.rollout} key={`${shown.file.file} ${shown.rollout.index}`} />
      <Siblings group={group} shown={shown.rollout} />
    </article>
  );
}

/** All stored responses to the same prompt. */
function useGroup(source: Source, { run, file, index }: ResponseRoute) {
  const [group, setGroup] = useState<readonly LocatedRollout[]>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    let current = true;
    const read = async (): Promise<void> => {
      const info = (await source.rolloutFiles(run)).find((each) => each.file === file);
      const stored = info === undefined ? [] : locate(await source.rollouts(run, info), run, info);
      const chosen = stored.find(({ rollout }) => rollout.index === index);
      if (current) setGroup(stored.filter(({ rollout }) => rollout.group === chosen?.rollout.group));
    };
    read().catch((cause: unknown) => {
      if (current) setError(`The response cannot be read: ${(cause as Error).message}`);
    });
    return () => {
      current = false;
    };
  }, [source, run, file, index]);
  return { group, error };
}

const locate = (rollouts: readonly Rollout[], run: number, file: RolloutFileInfo): LocatedRollout[] =>
  rollouts.map((rollout) => ({ run, file, rollout }));

interface HeadingProps {
  readonly located: LocatedRollout;
  /** Name of the run, if there are several. */
  readonly name: string | undefined;
}

function Heading({ located: { file, rollout }, name }: HeadingProps) {
  return (
    <div class="view-head">
      <a href="#responses">← All responses</a>
      <h2>
        {name !== undefined && `${name}, `}
        {file.set === undefined ? 'iteration' : `evaluation on ${file.set}, iteration`} {file.iteration}, response{' '}
        {rollout.index}
      </h2>
    </div>
  );
}

function Problem({ rollout }: { readonly rollout: Rollout }) {
  const detail = rollout.detail as Readonly<Record<string, unknown>> | undefined;
  return (
    <section class="problem" aria-label="Problem and verdict">
      <dl>
        <div class="wide">
          <dt>Problem</dt>
          <dd class="text">
            <ForeignText text={rollout.question} />
          </dd>
        </div>
        <div>
          <dt>Verdict</dt>
          <dd>
            <Verdict verdict={rollout.verdict} />
          </dd>
        </div>
        <div>
          <dt>Reward</dt>
          <dd>
            {formatNumber(rollout.reward)}
            {rollout.trainedReward !== undefined && ` (trained on ${formatNumber(rollout.trainedReward)})`}
          </dd>
        </div>
        <div>
          <dt>Extracted answer</dt>
          <dd class="text">
            {rollout.answer === undefined ? (
              <span class="muted">none found</span>
            ) : (
              <ForeignText text={rollout.answer} />
            )}
          </dd>
        </div>
        <div>
          <dt>Reference answer</dt>
          <dd class="text">
            <ForeignText text={rollout.gold} />
          </dd>
        </div>
        <div>
          <dt>Decided by</dt>
          <dd class="text">{detail === undefined ? ruleOf(rollout) : <Detail detail={detail} />}</dd>
        </div>
        <div>
          <dt>Tokens</dt>
          <dd>
            {lengthOf(rollout)}, ended by {rollout.stopReason}
          </dd>
        </div>
      </dl>
      <details>
        <summary>Prompt as the model saw it ({rollout.promptTokens.length} tokens)</summary>
        <pre class="text">
          <ForeignText text={rollout.prompt} />
        </pre>
      </details>
    </section>
  );
}

/** Tokens; with an environment also how many are not the policy's, and in how many turns it wrote the others. */
function lengthOf({ tokens, segments }: Rollout): string {
  if (segments === undefined) return String(tokens.length);
  const turns = segments.filter(({ source }) => source === 'policy').length;
  const written = segments.reduce((sum, { source, length }) => sum + (source === 'policy' ? 0 : length), 0);
  return `${tokens.length}, ${written} of them by the environment, in ${turns} turns`;
}

/** What decided a verdict that has no details. */
function ruleOf({ verdict }: Rollout): string {
  if (verdict === 'truncated') return 'cut at the length limit';
  return verdict === 'no-answer' ? 'nothing to compare' : verdict;
}

const Detail = ({ detail }: { readonly detail: Readonly<Record<string, unknown>> }) => (
  <>
    {Object.entries(detail).map(([key, value], i) => (
      <span key={key}>
        {i > 0 && ', '}
        <span class="muted">
          <ForeignText text={key} />
        </span>{' '}
        <ForeignText text={typeof value === 'string' ? value : (JSON.stringify(value) ?? '')} />
      </span>
    ))}
  </>
);

function Tokens({ rollout }: { readonly rollout: Rollout }) {
  const [measure, setMeasure] = useState<Measure>('probability');
  const [active, setActive] = useState<number | null>(null);
  const theme = useTheme();
  const numbers = numbersOf(rollout, measure);
  const scale = useMemo(() => scaleOf(measure, numbers ?? []), [measure, rollout]);
  const shown = useMemo(() => byToken(rollout, numbers ?? []), [measure, rollout]);
  const x = useMemo(() => rollout.tokens.map((_, t) => t), [rollout]);
  const curves = useMemo(
    () => [{ label: measure, metric: measure, color: colorOfRun(0, theme), dash: [], values: shown }],
    [measure, rollout, theme, shown],
  );
  return (
    <section class="token-section" aria-label="Response">
      <div class="controls">
        <MeasureChoice rollout={rollout} measure={measure} onChange={setMeasure} />
        <ScaleLegend scale={scale} theme={theme} />
        {rollout.segments && (
          <span class="muted">
            <span class="token environment">framed</span> written by the environment, in no loss
          </span>
        )}
      </div>
      <div class="token-columns">
        <div>
          <TokenText
            rollout={rollout}
            numbers={shown}
            scale={scale}
            theme={theme}
            active={active}
            onActive={setActive}
          />
          {rollout.tokens.length > 1 && (
            <ChartView
              title={`${measure} by token`}
              help=""
              x={x}
              xLabel="token"
              curves={curves}
              log={false}
              syncKey="tokens"
              height={130}
              onPoint={setActive}
            />
          )}
        </div>
        <TokenDetails rollout={rollout} index={active} />
      </div>
    </section>
  );
}

interface MeasureChoiceProps {
  readonly rollout: Rollout;
  readonly measure: Measure;
  readonly onChange: (measure: Measure) => void;
}

const MeasureChoice = ({ rollout, measure, onChange }: MeasureChoiceProps) => (
  <fieldset>
    <legend>Colour by</legend>
    {measures.map((each) => (
      <label key={each}>
        <input
          type="radio"
          name="measure"
          checked={measure === each}
          disabled={numbersOf(rollout, each) === undefined}
          onChange={() => {
            onChange(each);
          }}
        />{' '}
        {each}
      </label>
    ))}
  </fieldset>
);

interface SiblingHeadProps {
  readonly link: string;
  readonly rollout: Rollout;
}

const SiblingHead = ({ link, rollout }: SiblingHeadProps) => (
  <>
    <a href={link}>{rollout.index}</a> <Verdict verdict={rollout.verdict} />{' '}
    <span class="muted">
      {formatNumber(rollout.reward)}, {rollout.tokens.length} tokens
    </span>
  </>
);

function Siblings({ group, shown }: { readonly group: readonly LocatedRollout[]; readonly shown: Rollout }) {
  const correct = group.filter(({ rollout }) => rollout.verdict === 'correct').length;
  return (
    <section aria-label="Other responses to this prompt">
      <h3>
        All {group.length} stored responses to this prompt, {correct} correct
      </h3>
      <ol class="siblings">
        {group.map(({ run, file, rollout }) => (
          <li key={rollout.index} aria-current={rollout.index === shown.index ? 'true' : undefined}>
            <SiblingHead link={linkTo(run, file.file, rollout.index)} rollout={rollout} />
            <span class="sibling-text text">
              <ForeignText text={rollout.text} />
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
