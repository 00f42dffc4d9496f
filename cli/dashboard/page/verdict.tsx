/** A verdict with a sign, so that it does not depend on colour. */
export function Verdict({ verdict }: { readonly verdict: string }) {
  return (
    <span class={`verdict ${verdict === 'correct' ? 'good' : 'bad'}`}>
      {verdict === 'correct' ? '✓' : '✗'} {verdict}
    </span>
  );
}
