import type { IncomingMessage } from 'node:http';
import { retrieveFutureRequest } from '../../core/tinker/requests.js';
import { protobufType } from '../../core/tinker/protobuf.js';
import { isOrzError } from '../../core/errors.js';
import { errorKindOf } from '../../core/error-kinds.js';
import { startWebServer, type HttpAnswer, type WebServer } from '../dashboard/web-server.js';
import { checkKey } from '../reward-server/access.js';
import { Capacity, readBytes } from '../reward-server/body.js';
import { Refusal } from '../reward-server/refusal.js';
import { checkpointRoutes } from './checkpoint-routes.js';
import { json } from './outcome.js';
import { findRoute, readBody, type Routes } from './route.js';
import { samplingRoutes } from './sampling-routes.js';
import { Service, type ServiceParts } from './service.js';
import { sessionRoutes } from './session-routes.js';
import { trainingRoutes } from './training-routes.js';

export interface TinkerServerOptions extends ServiceParts {
  /** Address or name to listen on. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** What clients must send; absent, nothing. */
  readonly key?: string;
}

const prefix = '/api/v1/';

/**
 * Serves models over the Tinker API. Throws ORZ_USAGE if the address cannot be listened on. `close` stops what is being
 * computed; models and backend stay the caller's.
 */
export async function startTinkerServer(options: TinkerServerOptions): Promise<WebServer> {
  const service = new Service(options);
  const frontend = new Frontend(service, options.key);
  const server = await startWebServer(
    {
      host: options.host,
      port: options.port,
      policy: "default-src 'none'",
      methods: ['GET', 'HEAD', 'POST', 'DELETE'],
      // A client may think for minutes between two requests over one connection.
      connections: { requestTimeout: 120_000, keepAliveTimeout: 120_000, maxHeaderSize: 32_768 },
    },
    (path, _, request) => frontend.answer(path, request),
  );
  return {
    url: server.url,
    close: async () => {
      await service.close();
      await server.close();
    },
  };
}

/** From a request to its answer: path, key, body, errors. */
class Frontend {
  private readonly routes: Routes;
  private readonly capacity: Capacity;

  constructor(
    private readonly service: Service,
    private readonly key: string | undefined,
  ) {
    this.capacity = new Capacity(service.parts.limits);
    this.routes = {
      ...sessionRoutes(service),
      ...trainingRoutes(service),
      ...samplingRoutes(service),
      ...checkpointRoutes(service),
      'POST retrieve_future': async (call) => {
        const { request_id } = await readBody(call, retrieveFutureRequest);
        const wantsProtobuf = call.headers.accept?.includes(protobufType) === true;
        return service.futures.retrieve(request_id, wantsProtobuf);
      },
    };
  }

  async answer(path: string, request: IncomingMessage): Promise<HttpAnswer> {
    const answer = await this.routed(path, request).catch((error: unknown) => this.failed(error));
    // A body that nobody reads keeps the connection from its next request.
    if (!request.complete) request.resume();
    return answer;
  }

  private async routed(path: string, request: IncomingMessage): Promise<HttpAnswer> {
    if (!path.startsWith(prefix)) throw new Refusal(404, `everything is below ${prefix}`);
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
    const name = path.slice(prefix.length);
    const { handler, parameters, methods } = findRoute(this.routes, method, name);
    if (name !== 'healthz') checkKey(keyOf(request), this.key);
    if (handler === undefined && methods.length > 0)
      throw new Refusal(405, `${path} knows only ${methods.join(', ')}`, undefined, { allow: methods.join(', ') });
    if (handler === undefined) throw new Refusal(404, `there is no ${path} here`);
    const bytes = (): Promise<Uint8Array> => this.capacity.hold((count) => readBytes(request, count));
    return handler({ parameters, headers: request.headers, bytes });
  }

  private failed(error: unknown): HttpAnswer {
    if (error instanceof Refusal) {
      // The server has too much to do: clients of this API expect another number for that.
      const status = error.status === 503 ? 429 : error.status;
      return json(
        { detail: error.message, ...(error.field !== undefined && { field: error.field }) },
        status,
        error.headers,
      );
    }
    if (isOrzError(error) && errorKindOf(error) !== 'failure')
      return json({ detail: error.message, code: error.code }, 400);
    this.service.parts.log(error instanceof Error ? error.message : String(error));
    return json({ detail: isOrzError(error) ? error.message : 'the server failed' }, 500);
  }
}

/** SDKs send the key in a header of its own. */
function keyOf({ headers }: IncomingMessage): string | undefined {
  const own = headers['x-api-key'];
  return typeof own === 'string' ? `Bearer ${own}` : headers.authorization;
}
