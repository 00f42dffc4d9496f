import { useEffect, useState } from 'preact/hooks';
import type { RunInfo, Source } from '../shared/data.js';
import { Curves } from './curves.js';
import { Evaluations } from './evaluations.js';
import { Responses } from './responses.js';
import { useRoute } from './route.js';
import { AverageSwitch, RunBar } from './run-bar.js';
import { TokenView } from './token-view.js';
import { useAverages } from './use-averages.js';
import { useRuns, type LoadedRun } from './use-runs.js';

const runTabs = [
  ['curves', 'Curves'],
  ['responses', 'Responses'],
] as const;
const evaluationTab = ['evaluations', 'Evaluations'] as const;

/** The views that there is something for. */
const tabsFor = (runs: readonly LoadedRun[] | undefined, hasEvaluations: boolean) => [
  ...(runs?.length === 0 ? [] : runTabs),
  ...(hasEvaluations ? [evaluationTab] : []),
];

/** The whole page. */
export function App({ source }: { readonly source: Source }) {
  const { runs, error } = useRuns(source);
  const hasEvaluations = useHasEvaluations(source);
  const route = useRoute();
  useTitle(runs?.map(({ info }) => info));
  return (
    <>
      <header>
        <h1>orz-train {source.live ? 'dashboard' : 'report'}</h1>
        <nav aria-label="Views">
          {tabsFor(runs, hasEvaluations).map(([name, title]) => (
            <a
              key={name}
              href={`#${name}`}
              aria-current={(route.view === 'response' ? 'responses' : route.view) === name ? 'page' : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
      </header>
      {error !== undefined && (
        <p class="notice" role="alert">
          {error}
        </p>
      )}
      {source.note !== undefined && <p class="note">{source.note}</p>}
      <main>{runs === undefined ? <p class="empty">Reading the run…</p> : <Runs source={source} runs={runs} />}</main>
    </>
  );
}

/** The runs, or their averages, above the view of them. */
function Runs({ source, runs }: Pick<ViewProps, 'source' | 'runs'>) {
  const { shown, averaging } = useAverages(runs, source.thinned === true);
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const toggle = (run: number): void => {
    setHidden(new Set(hidden.has(run) ? [...hidden].filter((other) => other !== run) : [...hidden, run]));
  };
  const arms = averaging?.on === true ? { arms: averaging.arms } : {};
  const average = (on: boolean): void => {
    averaging?.set(on);
    setHidden(new Set());
  };
  return (
    <>
      {averaging && <AverageSwitch on={averaging.on} onChange={average} />}
      {runs.length > 0 && <RunBar runs={shown} hidden={hidden} onToggle={toggle} {...arms} />}
      <View source={source} runs={runs} shown={shown} hidden={hidden} />
    </>
  );
}

interface ViewProps {
  readonly source: Source;
  readonly runs: readonly LoadedRun[];
  /** The runs whose curves are drawn, or the averages over them. */
  readonly shown: readonly LoadedRun[];
  /** Numbers of those that are not drawn. */
  readonly hidden: ReadonlySet<number>;
}

function View({ source, runs, shown, hidden }: ViewProps) {
  const route = useRoute();
  const showsEvaluations = route.view === 'evaluations' || runs.length === 0;
  if (showsEvaluations && source.evaluations !== undefined) return <Evaluations source={source.evaluations} />;
  switch (route.view) {
    case 'responses':
      return <Responses source={source} runs={runs} />;
    case 'response':
      return <TokenView source={source} runs={runs} response={route} key={route.run} />;
    case 'curves':
    case 'evaluations':
      return <Curves runs={shown} hidden={hidden} />;
  }
}

/** Asked once: evaluations do not come while the page is open. */
function useHasEvaluations({ evaluations }: Source): boolean {
  const [found, setFound] = useState(false);
  useEffect(() => {
    evaluations?.evaluations().then(
      (all) => {
        setFound(all.length > 0);
      },
      () => {
        setFound(false);
      },
    );
  }, [evaluations]);
  return found;
}

function useTitle(infos: readonly RunInfo[] | undefined): void {
  const title = infos?.map(({ name }) => name).join(', ');
  useEffect(() => {
    if (title) document.title = `${title} · orz-train`;
  }, [title]);
}
