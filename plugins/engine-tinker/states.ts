import type { EngineStates, StateReference, StateVersions } from '../../core/contracts/engine.js';
import { unguessable } from '../../core/unguessable.js';
import { referenceWithout } from './errors.js';
import type { TinkerModel } from './model.js';
import { deleteCheckpoint } from './transport/checkpoints.js';
import type { TinkerConnection } from './transport/connection.js';

/** The models of an engine that are trained. */
export interface TrainedModels {
  readonly policy: TinkerModel;
  readonly critic?: TinkerModel;
}

/** Checkpoints at the server: one of the policy, one of the critic, each with its optimizer. */
export class TinkerStates implements EngineStates {
  constructor(
    private readonly connection: TinkerConnection,
    private readonly models: TrainedModels,
  ) {}

  /** Names are never used twice, also not by a run that was resumed before this one. */
  async save(name: string): Promise<StateReference> {
    const unique = unguessable(`${name.replace(/[^a-zA-Z0-9_-]/g, '-')}-`);
    const reference: Record<string, string> = { server: this.connection.url };
    for (const [role, model] of this.trained()) reference[role] = await (await model.remote()).saveWeights(unique);
    return reference;
  }

  async load(reference: StateReference, versions: StateVersions): Promise<void> {
    for (const [role, model] of this.trained()) {
      const path = reference[role];
      if (path === undefined) throw referenceWithout(role, reference);
      await model.restart(path, versions[role] ?? 1);
    }
  }

  /** The address may have changed since: paths are unique whatever it is. */
  async remove({ server: _, ...paths }: StateReference): Promise<void> {
    for (const path of Object.values(paths)) await deleteCheckpoint(this.connection, path);
  }

  private trained(): ['policy' | 'critic', TinkerModel][] {
    const { policy, critic } = this.models;
    return [['policy', policy], ...(critic ? ([['critic', critic]] as ['critic', TinkerModel][]) : [])];
  }
}
