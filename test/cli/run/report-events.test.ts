import { expect, it } from 'vitest';
import type { FromRun } from '../../../cli/run/messages.js';
import { createReportingEvents } from '../../../cli/run/report-events.js';

function setup() {
  const sent: FromRun[] = [];
  const clock = { time: 0 };
  return {
    sent,
    clock,
    events: createReportingEvents(
      (message) => {
        sent.push(message);
      },
      () => clock.time,
    ),
  };
}

it('phases are told apart by number, also when two have one name', () => {
  const { sent, events } = setup();
  const [first, second] = [events.phase('work', 3, 'steps'), events.phase('work', 4, 'steps')];
  second.end();
  first.end();
  expect(sent).toEqual([
    { kind: 'phase-start', id: 0, name: 'work', total: 3, unit: 'steps' },
    { kind: 'phase-start', id: 1, name: 'work', total: 4, unit: 'steps' },
    { kind: 'phase-end', id: 1 },
    { kind: 'phase-end', id: 0 },
  ]);
});

it('fast progress is thinned out, but completion is always told', () => {
  const { sent, clock, events } = setup();
  const phase = events.phase('work', 1000, 'steps');
  for (let done = 1; done <= 1000; done++) {
    clock.time += 1;
    phase.progress(done);
  }
  const told = sent.flatMap((message) => (message.kind === 'phase-progress' ? [message.done] : []));
  expect(told.length).toBeLessThanOrEqual(22);
  expect(told.at(-1)).toBe(1000);
});
