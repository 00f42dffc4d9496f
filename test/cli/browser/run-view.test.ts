import { describe, expect, it } from 'vitest';
import {
  applyEvent,
  deviceName,
  initialView,
  isActive,
  maxBatches,
  runTime,
  secondsByPhase,
  timeLeft,
  hasUnsavedWork,
  type PageEvent,
  type RunView,
} from '../../../cli/browser/run-view.js';
import { noGpu } from './test-service.js';

/** The view after events that come a second apart, the first at 1000. */
const after = (...events: PageEvent[]): RunView =>
  events.reduce((view, event, i) => applyEvent(view, event, 1000 * (i + 1)), initialView);
const ready: PageEvent = {
  kind: 'ready',
  presets: [{ name: 'orz-tiny', description: 'x' }],
  ablations: [],
  gpu: noGpu,
};
const interrupted: PageEvent = {
  kind: 'failed',
  error: { name: 'OrzError', code: 'ORZ_INTERRUPTED', message: 'stopped' },
};
const broken: PageEvent = { kind: 'failed', error: { name: 'OrzError', code: 'ORZ_NOT_FINITE', message: 'NaN' } };

describe('the view of a run', () => {
  it.each<[string, PageEvent[], RunView['state']]>([
    ['before the worker has answered', [], 'starting'],
    ['once it has', [ready], 'idle'],
    ['after the start', [ready, { kind: 'start' }], 'running'],
    ['asked to pause', [ready, { kind: 'start' }, { kind: 'pause' }], 'pausing'],
    ['held', [ready, { kind: 'start' }, { kind: 'pause' }, { kind: 'paused', paused: true }], 'paused'],
    [
      'going on',
      [
        ready,
        { kind: 'start' },
        { kind: 'pause' },
        { kind: 'paused', paused: true },
        { kind: 'paused', paused: false },
      ],
      'running',
    ],
    [
      'stopped while it was held',
      [
        ready,
        { kind: 'start' },
        { kind: 'pause' },
        { kind: 'paused', paused: true },
        { kind: 'stop' },
        { kind: 'paused', paused: false },
      ],
      'stopping',
    ],
    ['ended because it was asked to', [ready, { kind: 'start' }, { kind: 'stop' }, interrupted], 'stopped'],
    ['failed', [ready, { kind: 'start' }, broken], 'failed'],
    ['without a worker', [{ kind: 'failed', error: { name: 'Error', message: 'no script' } }], 'failed'],
  ])('%s it is %#', (_, events, state) => {
    expect(after(...events).state).toBe(state);
  });

  it('shows an error only for what is no wish of the visitor', () => {
    expect(after(ready, { kind: 'start' }, interrupted).error).toBeUndefined();
    expect(after(ready, { kind: 'start' }, broken).error?.code).toBe('ORZ_NOT_FINITE');
    expect([after(ready, { kind: 'start' }), after(ready, { kind: 'start' }, broken)].map(isActive)).toEqual([
      true,
      false,
    ]);
  });

  it('forgets what could not be done once something else could', () => {
    const wrong = after(ready, { kind: 'rejected', error: { name: 'OrzError', message: 'no' } });
    expect(wrong.rejection?.message).toBe('no');
    expect(
      applyEvent(wrong, { kind: 'checked', planned: { plan: {} as never, config: {} as never } }, 0).rejection,
    ).toBeUndefined();
    expect(applyEvent(wrong, { kind: 'downloaded' }, 0).rejection).toBeUndefined();
  });

  it('keeps the phases at work with what is done of them', () => {
    const phase = (id: number, name: string): PageEvent => ({
      kind: 'phase-start',
      id,
      name,
      total: 10,
      unit: 'steps',
    });
    const view = after(
      ready,
      phase(1, 'outer'),
      phase(2, 'inner'),
      { kind: 'phase-progress', id: 2, done: 4 },
      { kind: 'phase-end', id: 1 },
    );
    expect(view.phases).toEqual([{ id: 2, name: 'inner', total: 10, unit: 'steps', done: 4, started: 3000 }]);
  });

  it('reckons the time left without the time it was paused', () => {
    const view = after(
      ready,
      { kind: 'phase-start', id: 1, name: 'p', total: 10, unit: 'steps' },
      { kind: 'phase-progress', id: 1, done: 4 },
      { kind: 'pause' },
      { kind: 'paused', paused: true },
    );
    const [phase] = view.phases as [RunView['phases'][number]];
    expect([runTime(view, 99_000), timeLeft(phase, runTime(view, 99_000))]).toEqual([5000, 4500]);
    const going = applyEvent(view, { kind: 'paused', paused: false }, 105_000);
    expect(runTime(going, 106_000)).toBe(6000);
    expect(timeLeft({ ...phase, done: 0 }, 9000)).toBeUndefined();
  });

  it('holds the first and the newest responses, however long the run', () => {
    const rollouts = (iteration: number): PageEvent => ({ kind: 'rollouts', iteration, rollouts: [] });
    const view = after(...Array.from({ length: maxBatches + 51 }, (_, i) => rollouts(i)));
    expect(view.batches.map(({ iteration }) => iteration)).toEqual([
      0,
      ...Array.from({ length: maxBatches }, (_, i) => 51 + i),
    ]);
  });

  it('would lose a run at work, and what came since the last download', () => {
    const metrics: PageEvent = { kind: 'metrics', metrics: { iteration: 1 } },
      archive: PageEvent = { kind: 'downloaded' };
    expect(
      [
        after(ready),
        after(ready, { kind: 'start' }),
        after(ready, { kind: 'start' }, metrics, archive),
        after(ready, { kind: 'start' }, metrics, interrupted),
        after(ready, { kind: 'start' }, metrics, interrupted, archive),
      ].map(hasUnsavedWork),
    ).toEqual([false, true, true, true, false]);
  });

  it('names the device that the settings chose', () => {
    const gpu = { name: 'Big Card', software: false, maxBufferBytes: 1, maxWorkgroupMemoryBytes: 1, features: [] };
    const on = (type: string): RunView => ({
      ...initialView,
      gpu,
      planned: { plan: {} as never, config: { backend: { type } } as never },
    });
    expect([on('webgpu'), on('reference')].map(deviceName)).toEqual(['Big Card', 'CPU, plain TypeScript']);
  });

  it('adds up the seconds of each phase of the iterations', () => {
    expect(
      secondsByPhase([
        { iteration: 1, seconds: { sample: 1, policy: 3, total: 4 } },
        { iteration: 2, seconds: { sample: 1, sync: 0.5, total: 1.5 } },
      ]),
    ).toEqual([
      ['policy', 3],
      ['sample', 2],
      ['sync', 0.5],
    ]);
  });
});
