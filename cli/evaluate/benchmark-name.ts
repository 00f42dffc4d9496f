/**
 * Whether a benchmark can be called so: its name is part of the names of files, must not lead out of their folder, and
 * must not make the file of its responses that of another benchmark's unfinished ones.
 */
export const isBenchmarkName = (name: string): boolean => name !== '' && !/[/\\\0]|^\.|\.partial$/.test(name);
