import { expect, it } from 'vitest';
import { computingEnvironment } from '../../../cli/platform/computing-environment.js';

const kept = { MALLOC_MMAP_MAX_: '0', MALLOC_TRIM_THRESHOLD_: '100000000000' };

it('makes glibc keep freed memory, beside what the environment says otherwise', () => {
  const tunables = { GLIBC_TUNABLES: 'glibc.cpu.x86_rep_movsb_threshold=4096' };
  expect(computingEnvironment({ HOME: '/home/me', ...tunables }, 'linux')).toEqual({
    HOME: '/home/me',
    ...tunables,
    ...kept,
  });
});

it.each([
  { MALLOC_TRIM_THRESHOLD_: '1000000' },
  { MALLOC_MMAP_THRESHOLD_: '1000000' },
  { GLIBC_TUNABLES: 'glibc.malloc.mmap_max=5' },
])('leaves an allocator alone that the user has tuned: %o', (env) => {
  expect(computingEnvironment(env, 'linux')).toEqual(env);
});

it.each(['darwin', 'win32'] as const)('changes nothing on %s', (platform) => {
  expect(computingEnvironment({ HOME: '/home/me' }, platform)).toEqual({ HOME: '/home/me' });
});
