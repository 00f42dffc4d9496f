import { ForeignText } from '../../dashboard/page/text.js';
import type { PlainError } from '../../run/messages.js';

/** What went wrong, with its code and what to do about it. */
export function Failure({ error }: { readonly error: PlainError }) {
  const { details, code, message, cause } = error;
  const rows = [
    ['value', shown(details?.value)],
    ['allowed', shown(details?.allowed)],
    ['from', details?.origin],
    ['cause', cause?.message],
  ] as const;
  return (
    <div class="failure" role="alert">
      <p>
        <strong>{code ?? error.name}</strong> <ForeignText text={message} />
      </p>
      {rows.map(
        ([label, text]) =>
          text !== undefined && (
            <p key={label} class="detail">
              <span class="muted">{label}</span> <ForeignText text={text} />
            </p>
          ),
      )}
      <Remedy error={error} />
    </div>
  );
}

function Remedy({ error: { details, code } }: { readonly error: PlainError }) {
  if (details?.remedy !== undefined)
    return (
      <p>
        <span class="muted">what to do</span> <ForeignText text={details.remedy} />
      </p>
    );
  if (code !== undefined) return null;
  return <p class="muted">This is a bug of the page or of the browser. Please report it with the lines above.</p>;
}

const maxCharacters = 300;

function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = textOf(value);
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(', ') : JSON.stringify(value);
}
