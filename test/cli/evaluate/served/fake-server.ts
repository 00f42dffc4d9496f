import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the server got. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The JSON of the body; undefined for a GET. */
  readonly body: Record<string, unknown> | undefined;
}

/** What becomes of one request. */
export type Behaviour = (response: ServerResponse, asked: Asked) => void;

export const json =
  (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Behaviour =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  };

export const plain =
  (text: string, status = 200, headers: Readonly<Record<string, string>> = {}): Behaviour =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(text);
  };

/** Half of a body whose length was announced, then the end of the connection. */
export const halfABody: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '4000' });
  response.write('{"choices":[{"text":"hal', () => response.destroy());
};

/** The connection ends without an answer. */
export const reset: Behaviour = (response) => {
  response.socket?.resetAndDestroy();
};

/** No answer, ever. */
export const silence: Behaviour = () => undefined;

export interface Reply {
  readonly text: string;
  readonly finish?: string;
  readonly tokens?: number;
  /** Further fields of the choice. */
  readonly choice?: Readonly<Record<string, unknown>>;
}

/** A good answer, in the form of the path that was asked. */
export const reply =
  ({ text, finish = 'stop', tokens, choice = {} }: Reply): Behaviour =>
  (response, asked) => {
    const content = asked.path.endsWith('/chat/completions')
      ? { message: { role: 'assistant', content: text } }
      : { text };
    const usage = tokens === undefined ? {} : { usage: { prompt_tokens: 7, completion_tokens: tokens } };
    json({ choices: [{ index: 0, finish_reason: finish, ...content, ...choice }], ...usage })(response, asked);
  };

/** A server of the OpenAI API that does as it is told; what no behaviour was given for is answered with `fallback`. */
export class FakeServer {
  readonly asked: Asked[] = [];
  /** The most requests that were open at once. */
  mostOpen = 0;
  models: Behaviour = json({ data: [{ id: 'tiny', owned_by: 'tests' }] });
  fallback: Behaviour = reply({ text: 'The answer is 4.', tokens: 6 });
  private open = 0;
  private readonly next: Behaviour[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.take(request, response);
    });
  }

  static async start(): Promise<FakeServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new FakeServer(server, `http://127.0.0.1:${port}/v1`);
  }

  /** Requests for responses. */
  get prompts(): Asked[] {
    return this.asked.filter(({ path }) => path.endsWith('completions'));
  }

  /** What the next requests for responses get, one each. */
  queue(...behaviours: readonly Behaviour[]): void {
    this.next.push(...behaviours);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString();
    const path = request.url ?? '';
    const asked: Asked = { path, headers: request.headers, body: text === '' ? undefined : JSON.parse(text) };
    this.asked.push(asked);
    this.mostOpen = Math.max(this.mostOpen, ++this.open);
    response.once('close', () => this.open--);
    if (path.endsWith('/models')) this.models(response, asked);
    else (this.next.shift() ?? this.fallback)(response, asked);
  }
}
