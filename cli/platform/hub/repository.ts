import { isRepositoryName } from '../../../core/repository-name.js';
import { invalidRepositoryName, invalidRevision } from './errors.js';
import { pageOf, type Repository } from './target.js';

/** A full commit id never changes its content, so nothing needs to be asked about it twice. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** Throws ORZ_HUB for a name or revision that no hub has; both become parts of paths and addresses. */
export function checkRepository(repository: Repository): void {
  if (!isRepositoryName(repository.name)) throw invalidRepositoryName(repository);
  if (!isRevision(repository.revision)) throw invalidRevision(repository);
}

const isRevision = (revision: string): boolean =>
  /^[\w.+-]+(\/[\w.+-]+)*$/.test(revision) &&
  !revision.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'));

/** Address of one file at a commit. */
export function fileUrl(endpoint: string, repository: Repository, file: { commit: string; path: string }): string {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return `${pageOf(endpoint, repository)}/resolve/${file.commit}/${path}`;
}
