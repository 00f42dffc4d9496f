import type { RepositoryFiles, RepositoryRequest } from '../../core/contracts/platform.js';
import { createDiskFolder } from './disk-folder.js';
import { hubSettings } from './hub/settings.js';
import { downloadSnapshot } from './hub/snapshot.js';
import { pageOf, type HubSettings } from './hub/target.js';

/**
 * Files of the Hugging Face hub in the cache that the Python tools share; throws as `Platform.fetchRepository` does.
 */
export async function fetchRepository(
  request: RepositoryRequest,
  settings: HubSettings = hubSettings(process.env),
): Promise<RepositoryFiles> {
  const { folder, ...snapshot } = await downloadSnapshot(request, settings);
  return { ...snapshot, folder: createDiskFolder(folder), page: pageOf(settings.endpoint, request) };
}
