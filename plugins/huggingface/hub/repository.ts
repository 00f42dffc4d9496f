import { OrzError } from '../../../core/errors.js';

/** What a request to the hub is about, for addresses and messages. */
export interface Repository {
  readonly type: 'model' | 'dataset';
  /** `owner/name`, or `name` alone for a few old ones. */
  readonly name: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

const part = '[A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9_])?';
const namePattern = new RegExp(`^(?:${part}/)?${part}$`);

/** Whether this could name a repository; paths with `..`, a leading `/`, `./` or `~` cannot. */
export const isRepositoryName = (name: string): boolean =>
  name.length <= 96 && namePattern.test(name) && !/--|\.\./.test(name);

/** A full commit id never changes its content, so nothing needs to be asked about it twice. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** Throws ORZ_HUB for a name or revision that no hub has; both become parts of paths and addresses. */
export function checkRepository({ type, name, revision }: Repository): void {
  if (!isRepositoryName(name)) {
    throw new OrzError('ORZ_HUB', `'${name}' cannot be the name of a ${type} on the hub`, {
      value: name,
      allowed: 'owner/name of letters, digits, -, _ and .',
      remedy:
        type === 'model'
          ? 'For example Qwen/Qwen2.5-0.5B; a local folder is given as ./FOLDER.'
          : 'Copy the name from the page of the dataset.',
    });
  }
  const parts = revision.split('/');
  if (/^[\w.+-]+(\/[\w.+-]+)*$/.test(revision) && !parts.some((each) => each.startsWith('.') || each.endsWith('.lock')))
    return;
  throw new OrzError('ORZ_HUB', `'${revision}' cannot be a revision of ${name}`, {
    value: revision,
    allowed: 'a branch, a tag or a commit',
    remedy: 'Leave the revision out for the main branch.',
  });
}

/** Page of the repository, where a licence is accepted. */
export const pageOf = (endpoint: string, { type, name }: Pick<Repository, 'type' | 'name'>): string =>
  `${endpoint}/${type === 'model' ? '' : 'datasets/'}${name}`;

/** Address of one file at a commit. */
export const fileUrl = (endpoint: string, repository: Repository, commit: string, path: string): string =>
  `${pageOf(endpoint, repository)}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
