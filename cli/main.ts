/** The `orz-train` command: returns the exit code. */
export function main(args: readonly string[]): Promise<number> {
  console.log(args);
  return Promise.resolve(0);
}
