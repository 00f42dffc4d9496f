import type { DatasetFiles, DatasetRequest } from '../../core/contracts/platform.js';
import { createDiskFolder } from '../../plugins/huggingface/disk-folder.js';
import { downloadSnapshot } from '../../plugins/huggingface/hub/snapshot.js';

/** Files of a dataset on the hub, downloaded into the cache that the Python tools share. Throws ORZ_HUB, ORZ_HUB_UNREACHABLE, ORZ_INSUFFICIENT or ORZ_STORAGE. */
export async function fetchDataset(request: DatasetRequest): Promise<DatasetFiles> {
  const { folder, files, commit } = await downloadSnapshot({ ...request, type: 'dataset' });
  return { folder: createDiskFolder(folder), files, commit };
}
