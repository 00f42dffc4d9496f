import { useEffect, useMemo, useState } from 'preact/hooks';
import { Curves } from '../../dashboard/page/curves.js';
import { Responses } from '../../dashboard/page/responses.js';
import { useRoute } from '../../dashboard/page/route.js';
import { TokenView } from '../../dashboard/page/token-view.js';
import { useRuns, type LoadedRun } from '../../dashboard/page/use-runs.js';
import type { Source } from '../../dashboard/shared/data.js';
import { hasUnsavedWork, type RunView } from '../run-view.js';
import { Client } from './client.js';
import { Failure } from './failure.js';
import { runName, type Form, type RunChoice } from './form.js';
import { Overview } from './overview.js';
import { Setup } from './setup.js';
import { Status } from './status.js';
import { workerSource } from './worker-source.js';

const tabs = [
  ['', 'Run'],
  ['curves', 'Curves'],
  ['responses', 'Responses'],
] as const;

/** The whole page: what to train, then the run. */
export function App() {
  const [client, setClient] = useState(() => new Client());
  const [choice, setChoice] = useState<RunChoice>();
  const [form, setForm] = useState<Form>();
  const view = useView(client);
  const again = (): void => {
    const question = 'Start over? The results of this run are lost unless you download them first.';
    if (hasUnsavedWork(view) && !confirm(question)) return;
    client.close();
    setChoice(undefined);
    setClient(new Client());
    location.hash = '';
  };
  return (
    <>
      <header>
        <h1>Open-Reasoner-Zero in your browser</h1>
        {choice && <Tabs />}
      </header>
      <main>
        {view.state === 'starting' && <p class="empty">Loading…</p>}
        {view.error && <Failure error={view.error} />}
        {choice && <Running client={client} view={view} choice={choice} onAgain={again} />}
        {!choice && view.state === 'idle' && (
          <Setup
            client={client}
            view={view}
            last={form}
            onStart={(chosen, filled) => {
              setForm(filled);
              setChoice(chosen);
              void client.start(chosen);
            }}
          />
        )}
      </main>
    </>
  );
}

function Tabs() {
  const fragment = useFragment();
  const current = fragment.startsWith('#response/') ? 'responses' : fragment.slice(1);
  return (
    <nav aria-label="Views">
      {tabs.map(([name, title]) => (
        <a key={name} href={`#${name}`} aria-current={current === name ? 'page' : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}

interface RunningProps {
  readonly client: Client;
  readonly view: RunView;
  readonly choice: RunChoice;
  readonly onAgain: () => void;
}

function Running({ client, view, choice, onAgain }: RunningProps) {
  const source = useMemo(() => workerSource(client, runName(choice)), [client, choice]);
  const { runs } = useRuns(source);
  return (
    <>
      <Status client={client} view={view} choice={choice} warnings={runs?.[0]?.warnings ?? []} onAgain={onAgain} />
      {view.rejection && <Failure error={view.rejection} />}
      <View view={view} source={source} runs={runs ?? []} />
    </>
  );
}

const none: ReadonlySet<number> = new Set();

interface ViewProps {
  readonly view: RunView;
  readonly source: Source;
  readonly runs: readonly LoadedRun[];
}

function View({ view, source, runs }: ViewProps) {
  const fragment = useFragment();
  const route = useRoute();
  if (fragment === '' || fragment === '#') return <Overview view={view} runs={runs} />;
  switch (route.view) {
    case 'responses':
      return <Responses source={source} runs={runs} />;
    case 'response':
      return <TokenView source={source} runs={runs} response={route} />;
    case 'curves':
      return <Curves runs={runs} hidden={none} />;
    case 'evaluations': // A dashboard has them; nothing is evaluated here but the run.
      return <Overview view={view} runs={runs} />;
  }
}

function useView(client: Client): RunView {
  const [view, setView] = useState(client.view);
  useEffect(() => {
    setView(client.view);
    return client.subscribe(() => {
      setView(client.view);
    });
  }, [client]);
  return view;
}

function useFragment(): string {
  const [fragment, setFragment] = useState(location.hash);
  useEffect(() => {
    const follow = (): void => {
      setFragment(location.hash);
    };
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
    };
  }, []);
  return fragment;
}
