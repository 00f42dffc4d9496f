import type { ResponseLine } from '../../../core/evaluation/results.js';
import type { QuestionRow } from '../shared/evaluations.js';
import { ForeignText } from './text.js';
import { Verdict } from './verdict.js';

interface QuestionViewProps {
  readonly row: QuestionRow;
  readonly lines: readonly ResponseLine[];
  /** Absent at the first and at the last question of the filter. */
  readonly onPrevious: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
  readonly onClose: () => void;
}

/** One question with its gold answer and every response that the page has. */
export function QuestionView({ row, lines, onPrevious, onNext, onClose }: QuestionViewProps) {
  const [first] = lines;
  return (
    <article>
      <div class="controls">
        <button type="button" disabled={onPrevious === undefined} onClick={onPrevious}>
          Previous
        </button>
        <button type="button" disabled={onNext === undefined} onClick={onNext}>
          Next
        </button>
        <button type="button" onClick={onClose}>
          All questions
        </button>
      </div>
      <div class="problem">
        <dl>
          <div class="wide">
            <dt>Question</dt>
            <dd class="text">
              <ForeignText text={first?.prompt ?? row.id} />
            </dd>
          </div>
          <div>
            <dt>Gold answer</dt>
            <dd class="text">{first === undefined ? '–' : <ForeignText text={first.gold} />}</dd>
          </div>
          <div>
            <dt>Right</dt>
            <dd>
              {row.rewards.filter((reward) => reward === 1).length} of {row.rewards.length}
            </dd>
          </div>
        </dl>
      </div>
      {lines.length < row.rewards.length && (
        <p class="muted">
          {lines.length} of {row.rewards.length} responses are here; all of them are in the folder of the evaluation.
        </p>
      )}
      <ul class="answers">
        {lines.map((line) => (
          <Sample key={line.sample} line={line} />
        ))}
      </ul>
    </article>
  );
}

const Sample = ({ line }: { readonly line: ResponseLine }) => (
  <li>
    <p class="controls">
      <strong>Sample {line.sample + 1}</strong>
      <Verdict verdict={line.verdict} />
      {line.answer !== undefined && (
        <span>
          <span class="muted">answer</span> <ForeignText text={line.answer} />
        </span>
      )}
      {line.responseTokens !== null && <span class="muted">{line.responseTokens} tokens</span>}
      {line.stopReason === 'length' && <span class="bad">cut at the limit</span>}
    </p>
    <pre class="text">
      <ForeignText text={line.text} />
    </pre>
  </li>
);
