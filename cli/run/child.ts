/** Entry of the run process; see run-process.ts. */
import { executeRun } from './execute.js';
import { handleRunRequests } from './run-requests.js';

handleRunRequests(executeRun);
