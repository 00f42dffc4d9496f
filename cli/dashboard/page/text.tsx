import { visibleParts } from '../shared/visible-text.js';

/** Text of a model or a user: shown as text, whatever it holds, and kept from changing the direction of what is around it. */
export function ForeignText({ text }: { readonly text: string }) {
  return (
    <bdi>
      {visibleParts(text).map(({ text: part, hidden }, i) =>
        hidden ? (
          <span key={i} class="hidden-character">
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </bdi>
  );
}
