import type { Backend } from '../contracts/backend.js';
import type { EntropyTerm } from '../contracts/entropy.js';
import type { Loss } from '../contracts/loss.js';
import { requireDefined, requireThat, type ConformanceCheck } from './check.js';
import { lossConformance } from './loss.js';

export interface EntropyConformanceOptions {
  readonly create: () => EntropyTerm;
  /** A backend to run the term on; it is made for each check and disposed after it. */
  readonly createBackend: () => Promise<Backend>;
}

/** Properties of an {@link EntropyTerm} that does something: those of a loss, and controls that stay finite. */
export function entropyConformance({ create, createBackend }: EntropyConformanceOptions): ConformanceCheck[] {
  const asLoss = (): Loss => {
    const { name, settings, controls, loss } = create();
    const build: Loss['build'] = (g, t) => requireDefined('the term', loss)(g, t);
    // Where the weight of the entropy begins at 0 there would be nothing to differentiate.
    const start = controls && Object.fromEntries(Object.keys(controls.start).map((key) => [key, 0.5]));
    return { name: `entropy ${name}`, settings, build, ...(controls && start && { controls: { ...controls, start } }) };
  };
  return [
    ...lossConformance({ create: asLoss, createBackend, trains: 'entropy' }),
    {
      title: 'has controls that keep their names and stay finite',
      run: async () => checkControls(create()),
    },
  ];
}

function checkControls({ controls }: EntropyTerm): void {
  if (!controls) return;
  const names = Object.keys(controls.start).sort().join();
  for (const entropy of [0, 0.1, 3]) {
    let current = controls.start;
    for (let iteration = 0; iteration < 100; iteration++) {
      current = controls.next(current, { entropy });
      requireThat(Object.keys(current).sort().join() === names, 'the controls change their names', current);
      requireThat(Object.values(current).every(Number.isFinite), 'a control is not finite', current);
    }
  }
}
