import { pairs, words } from './table.js';

export const greek = words(`
  alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi omicron rho varrho
  sigma varsigma tau upsilon phi varphi chi psi omega
  Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
`);

/** Unicode letters of Greek and the like, to the command of the same meaning. */
export const unicodeNames = pairs(`
  α=alpha β=beta γ=gamma δ=delta ε=varepsilon ζ=zeta η=eta θ=theta κ=kappa λ=lambda μ=mu µ=mu ν=nu ξ=xi π=pi ρ=rho
  σ=sigma τ=tau φ=varphi ϕ=phi χ=chi ψ=psi ω=omega Γ=Gamma Δ=Delta Θ=Theta Λ=Lambda Σ=Sigma Φ=Phi Ψ=Psi Ω=Omega
  ∞=infty ∅=emptyset √=sqrt ∑=sum ∏=prod ∫=int ℓ=ell …=ldots ∠=angle ∀=forall ✓=checkmark ✔=checkmark
`);

/** Unicode marks that mean the same as a mark of the grammar. */
export const unicodeMarks = pairs(`
  −=- –=- —=- ‐=- ‑=- ﹣=- ·=* ⋅=* ∙=* ∗=* ⁎=* •=* ÷=/ ∕=/ ⁄=/ ⩽=≤ ⩾=≥ ≦=≤ ≧=≥ ∶=: º=° ˚=° ％=% ′='
  〈=⟨ 〉=⟩ 、=, ，=, ；=; 。=. ≃=≈ ⟹=⇒ ⟺=⇔ ↔=⇔ 或=or 和=and 与=and
`);

export const doubleStruck = pairs('ℝ=R ℚ=Q ℤ=Z ℕ=N ℂ=C');

export const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
export const subscripts = '₀₁₂₃₄₅₆₇₈₉';

export const vulgarFractions = pairs(`
  ½=1/2 ⅓=1/3 ⅔=2/3 ¼=1/4 ¾=3/4 ⅕=1/5 ⅖=2/5 ⅗=3/5 ⅘=4/5 ⅙=1/6 ⅚=5/6 ⅛=1/8 ⅜=3/8 ⅝=5/8 ⅞=7/8
`);
