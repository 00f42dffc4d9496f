/**
 * C, by which a client of SkyRL's critic divides the gradient of the critic so that the server's loss is ours.
 *
 * The server computes (1/M) Σᵢ ½ Σ w′ℓ / max(1, Σw′) over M rows, padding included. With w′ = w·M/C and Σw′ ≤ 1 in
 * every row that is Σ wℓ/2 · 1/C: our loss divided by C. Adam does not see a constant factor (but for its ε), clipping
 * does: the server's `max_grad_norm` for the critic must be ours divided by C, and the gradient norm that it reports is
 * multiplied by C. Σw′ ≤ 1 holds where no row of responses has more than C times its even share of the weight.
 */
export const criticScale = 64;
