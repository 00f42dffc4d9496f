/**
 * The same page at the endpoint. A mirror passes on what the hub it mirrors says, so pages and redirects may name that
 * hub; whoever sets HF_ENDPOINT may not reach it, or may not want to.
 */
export function atEndpoint(address: URL, endpoint: string): URL {
  const mapped = new URL(endpoint);
  const prefix = mapped.pathname.replace(/\/+$/, '');
  mapped.pathname = address.pathname.startsWith(`${prefix}/`) ? address.pathname : prefix + address.pathname;
  mapped.search = address.search;
  return mapped;
}

/** Paths of a hub: its API, and files of a repository at a revision. */
const hubPath = /^\/(?:api\/(?:models|datasets|resolve-cache)\/|(?:datasets\/)?[^/]+(?:\/[^/]+)?\/resolve\/)/;

/** Whether an address is one of a hub, by its path, rather than one of a store of contents. */
export const isOfHub = ({ pathname }: URL): boolean => hubPath.test(pathname);
