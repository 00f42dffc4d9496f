import { describe, expect, it } from 'vitest';
import { failureWith } from '../../../../plugins/engine-tinker/transport/refusal.js';

const asked = { server: 'http://127.0.0.1:8000', what: 'a new policy' };

describe('a request that failed at SkyRL', () => {
  it('because the server holds the model of another client says who that may be', () => {
    const detail =
      "SkyRLTrainBackend already has a 'policy' model; multi-tenant training is only supported for LoRA (rank > 0)";
    const error = failureWith(asked, detail);
    expect(error.code).toBe('ORZ_SERVER');
    expect(error.message).toContain(`no place for a new policy: ${detail}`);
    expect(error.details.remedy).toMatch(/killed .* start the server again, then resume/);
  });

  it('because the server was started anew is a lost state', () => {
    const error = failureWith(asked, 'Model model_1 not loaded (likely stale request after a restart)');
    expect(error.code).toBe('ORZ_SERVER_STATE');
  });

  it('for any other reason says the words of the server', () => {
    expect(failureWith(asked, 'CUDA out of memory').message).toBe(
      'The server failed at a new policy: CUDA out of memory',
    );
  });
});
