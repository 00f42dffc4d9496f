import { visibleParts } from '../shared/visible-text.js';

/** Text of a model or a user: always shown as text, and isolated from the writing direction of the text around it. */
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
