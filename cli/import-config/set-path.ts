/** Sets a value at a path of keys, with objects on the way made as needed. */
export function setPath(tree: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) tree[key] = value;
  else {
    const inner = tree[key];
    const branch = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
    tree[key] = branch;
    setPath(branch, rest, value);
  }
}
