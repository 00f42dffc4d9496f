import { useEffect, useMemo, useState } from 'preact/hooks';
import { Curves } from '../../dashboard/page/curves.js';
import { Responses } from '../../dashboard/page/responses.js';
import { useRoute } from '../../dashboard/page/route.js';
import { TokenView } from '../../dashboard/page/token-view.js';
import { useRuns, type LoadedRun } from '../../dashboard/page/use-runs.js';
import type { Source } from '../../dashboard/shared/data.js';
import type { RunChoice } from '../messages.js';
import { wouldLose, type RunView } from '../run-view.js';
import { createClient, type Client } from './client.js';
import { Failure } from './failure.js';
import { Overview } from './overview.js';
import { Setup, type Form } from './setup.js';
import { Status } from './status.js';
import { workerSource } from './worker-source.js';

const tabs = [
  ['', 'Run'],
  ['curves', 'Curves'],
  ['responses', 'Responses'],
] as const;

/** The whole page: what to train, then how it goes. */
export function App() {
  const [client, setClient] = useState(createClient);
  const [choice, setChoice] = useState<RunChoice>();
  const [form, setForm] = useState<Form>();
  const view = useView(client);
  const again = (): void => {
    if (wouldLose(view) && !confirm('Start over? What this run has learned is lost unless you download it first.'))
      return;
    client.close();
    setChoice(undefined);
    setClient(createClient());
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
        {choice === undefined ? (
          view.state === 'idle' && (
            <Setup
              client={client}
              view={view}
              last={form}
              onStart={(chosen, filled) => {
                setForm(filled);
                setChoice(chosen);
                client.start(chosen);
              }}
            />
          )
        ) : (
          <Running client={client} view={view} choice={choice} onAgain={again} />
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
  const source = useMemo(
    () => workerSource(client, [choice.preset, choice.ablation].filter(Boolean).join(' + ')),
    [client, choice],
  );
  const { runs } = useRuns(source);
  return (
    <>
      <Status client={client} view={view} choice={choice} warnings={runs?.[0]?.warnings ?? []} onAgain={onAgain} />
      {view.mistake && <Failure error={view.mistake} />}
      <View view={view} source={source} runs={runs ?? []} />
    </>
  );
}

const none: ReadonlySet<number> = new Set();

function View({
  view,
  source,
  runs,
}: {
  readonly view: RunView;
  readonly source: Source;
  readonly runs: readonly LoadedRun[];
}) {
  const fragment = useFragment();
  const route = useRoute();
  if (fragment === '' || fragment === '#') return <Overview view={view} runs={runs} />;
  switch (route.view) {
    case 'responses':
      return <Responses source={source} runs={runs} />;
    case 'response':
      return <TokenView source={source} runs={runs} place={route} />;
    case 'curves':
      return <Curves runs={runs} hidden={none} />;
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
