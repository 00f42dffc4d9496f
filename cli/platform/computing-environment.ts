/** Variables with which a user tunes the allocator of glibc; GLIBC_TUNABLES holds other settings too. */
const tunesAllocator = ([name, value]: readonly [string, string | undefined]): boolean =>
  /^MALLOC_(?:MMAP_MAX|MMAP_THRESHOLD|TRIM_THRESHOLD|TOP_PAD)_$/.test(name) ||
  (name === 'GLIBC_TUNABLES' && value?.includes('glibc.malloc.') === true);

/**
 * The environment for a process of ours that computes: `env`, and on Linux what makes glibc keep freed memory. It would
 * return every block above 32 MiB to the kernel at once, and such blocks (scores, logits, gradients) come back in every
 * micro-batch, page by page. glibc reads these variables only when a process starts, so this one cannot set them for
 * itself; other C libraries ignore them. What the user has tuned stays as it is.
 */
export function computingEnvironment(env: NodeJS.ProcessEnv, platform = process.platform): NodeJS.ProcessEnv {
  if (platform !== 'linux' || Object.entries(env).some(tunesAllocator)) return env;
  return { ...env, MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '100000000000' };
}
