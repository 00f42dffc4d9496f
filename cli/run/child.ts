/** Entry of the run process; see supervise.ts. */
import { executeRun } from './execute.js';
import { serveRun } from './serve.js';

serveRun(executeRun);
