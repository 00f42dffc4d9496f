const part = '[A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9_])?';
const pattern = new RegExp(`^(?:${part}/)?${part}$`);

/** Whether this could name a repository on the hub; paths with `..`, a leading `/`, `./` or `~` cannot. */
export const isRepositoryName = (name: string): boolean =>
  name.length <= 96 && pattern.test(name) && !/--|\.\./.test(name);
