import { colorOf, type Measure, type Scale, type Theme } from '../shared/colors.js';
import type { Rollout } from '../shared/data.js';
import { placesOf, turnStarts } from '../shared/turns.js';
import { visibleParts } from '../shared/visible-text.js';
import { formatNumber } from './format.js';

/** The numbers of a measure, one per token; undefined where the run did not compute them. */
export function numbersOf(rollout: Rollout, measure: Measure): readonly number[] | undefined {
  switch (measure) {
    case 'probability':
      return (rollout.logprobs ?? rollout.samplerLogprobs).map(Math.exp);
    case 'entropy':
      return rollout.entropy;
    case 'value':
      return rollout.values;
    case 'advantage':
      return rollout.advantages;
  }
}

/** The meaning of the colours, with the ends of the scale. */
export function ScaleLegend({ scale, theme }: { readonly scale: Scale; readonly theme: Theme }) {
  const stops = Array.from(
    { length: 9 },
    (_, i) => colorOf(scale, scale.from + (i / 8) * (scale.to - scale.from), theme).background,
  );
  return (
    <div
      class="scale"
      role="img"
      aria-label={`${scale.measure} from ${formatNumber(scale.from)} to ${formatNumber(scale.to)}`}
    >
      <span>{formatNumber(scale.from)}</span>
      <span class="scale-bar" style={{ background: `linear-gradient(to right, ${stops.join(', ')})` }} />
      <span>{formatNumber(scale.to)}</span> <span class="muted">{meanings[scale.measure]}</span>
    </div>
  );
}

const meanings: Readonly<Record<Measure, string>> = {
  probability: 'probability of the token when it was sampled',
  entropy: 'nats of uncertainty before the token was sampled',
  value: 'reward the critic expected before the token',
  advantage: 'how much better than expected, as in the loss',
};

interface TokenTextProps {
  readonly rollout: Rollout;
  /** By token; null for what an environment wrote. */
  readonly numbers: readonly (number | null)[];
  readonly scale: Scale;
  readonly theme: Theme;
  readonly active: number | null;
  readonly onActive: (index: number | null) => void;
}

/** The number of tokens that a key moves by. */
const steps: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -10,
  ArrowDown: 10,
  Home: -Infinity,
  End: Infinity,
};

/**
 * The response as coloured tokens; what an environment wrote is framed instead, and each later turn of the policy
 * begins with a mark. The pointer or the arrow keys select a token.
 */
export function TokenText({ rollout, numbers, scale, theme, active, onActive }: TokenTextProps) {
  const last = rollout.tokens.length - 1;
  const starts = turnStarts(rollout);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (step === undefined || last < 0) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, (active ?? (step > 0 ? -1 : 0)) + step));
    onActive(next);
    document.getElementById(`token-${next}`)?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <div
      class="tokens"
      role="listbox"
      tabIndex={0}
      aria-label="Tokens of the response"
      aria-activedescendant={active === null ? undefined : `token-${active}`}
      onKeyDown={onKeyDown}
    >
      {rollout.tokenTexts.map((text, t) => {
        const number = numbers[t] ?? null;
        const style = number === null ? {} : tokenColors(colorOf(scale, number, theme));
        const classes = [
          'token',
          ...(number === null && rollout.segments ? ['environment'] : []),
          ...(t > 0 && starts.has(t) ? ['turn'] : []),
          ...(t === active ? ['active'] : []),
        ];
        return (
          <span
            key={t}
            id={`token-${t}`}
            role="option"
            aria-selected={t === active}
            class={classes.join(' ')}
            style={style}
            onPointerEnter={() => {
              onActive(t);
            }}
            onClick={() => {
              onActive(t);
            }}
          >
            <TokenGlyphs text={text} />
          </span>
        );
      })}
      {last < 0 && <span class="muted">no tokens</span>}
    </div>
  );
}

const tokenColors = ({ background, text }: ReturnType<typeof colorOf>) => ({ background, color: text });

/** Line breaks are shown and made; invisible characters are named; a token without text still takes up space. */
function TokenGlyphs({ text }: { readonly text: string }) {
  if (text === '') return <span class="hidden-character">·</span>;
  return (
    <>
      {visibleParts(text).flatMap(({ text: part, hidden }, i) =>
        hidden
          ? [
              <span key={i} class="hidden-character">
                {part}
              </span>,
            ]
          : part.split('\n').flatMap((line, n) =>
              n === 0
                ? [line]
                : [
                    <span key={`${i} ${n}`} class="line-end">
                      ↵
                    </span>,
                    '\n',
                    line,
                  ],
            ),
      )}
    </>
  );
}

const rows: readonly (readonly [label: string, numbers: (rollout: Rollout) => readonly number[] | undefined])[] = [
  ['probability', (r) => numbersOf(r, 'probability')],
  ['log-prob., trainer', (r) => r.logprobs],
  ['log-prob., sampler', (r) => r.samplerLogprobs],
  ['entropy', (r) => r.entropy],
  ['value', (r) => r.values],
  ['advantage', (r) => r.advantages],
  ['return', (r) => r.returns],
];

/** Everything known about one token. */
export function TokenDetails({ rollout, index }: { readonly rollout: Rollout; readonly index: number | null }) {
  if (index === null || index >= rollout.tokens.length)
    return (
      <aside class="token-details">
        <p class="muted">Point at a token, or choose one with the arrow keys, to see its numbers.</p>
      </aside>
    );
  const place = placesOf(rollout)[index] ?? null;
  return (
    <aside class="token-details" aria-live="polite">
      <p>
        <strong>Token {index}</strong>{' '}
        <span class="muted">
          of {rollout.tokens.length}, id {rollout.tokens[index]}
        </span>
      </p>
      <p class="token-literal">
        <TokenLiteral text={rollout.tokenTexts[index] ?? ''} />
      </p>
      {place === null && <p class="muted">Written by the environment: read by the model, in no loss.</p>}
      <table>
        <tbody>
          {rows.map(([label, numbers]) => {
            const value = place === null ? undefined : numbers(rollout)?.[place];
            return value === undefined ? null : (
              <tr key={label}>
                <th scope="row">{label}</th>
                <td class="number">{fixed(value)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </aside>
  );
}

/** The text as in JSON, so that spaces and line breaks can be told apart. */
const TokenLiteral = ({ text }: { readonly text: string }) => (
  <bdi>
    {visibleParts(JSON.stringify(text))
      .map(({ text: part }) => part)
      .join('')}
  </bdi>
);

/** Files keep four decimals; a smaller number is shown in scientific notation. */
const fixed = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential(2) : value.toFixed(4);
