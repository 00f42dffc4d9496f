import { expect, test } from 'vitest';
import { createOrzTemplate } from '../../../../plugins/template-orz/plugin.js';
import { renderOrzPrompt } from '../../../../core/recipe/orz-template.js';
import { answersOf, greedy, openAt, questions, startServer } from './answering.js';
import { json, reply } from './fake-server.js';

const completions = { api: 'completions', template: createOrzTemplate() } as const;

test('chat sends messages, and greedy decoding no seed', async () => {
  const server = await startServer();
  server.queue(reply({ text: '4', tokens: 2 }));
  const prompt = { api: 'chat', system: 'Be brief.', instruction: 'Think.' } as const;
  const answerer = await openAt(server.url, { prompt });
  const { answers } = await answersOf(answerer, questions(1));
  expect(answers).toEqual([{ question: 0, sample: 0, text: '4', stopReason: 'stop', responseTokens: 2 }]);
  expect(server.prompts.map(({ path, body }) => ({ path, body }))).toEqual([
    {
      path: '/v1/chat/completions',
      body: {
        model: 'tiny',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'What is 0 + 4?\nThink.' },
        ],
        max_tokens: 32,
        temperature: 0,
        top_p: 1,
      },
    },
  ]);
  expect(answerer.promptOf(questions(1)[0]!.problem)).toBe('system: Be brief.\n\nuser: What is 0 + 4?\nThink.');
  expect(answerer.identity).toEqual({
    kind: 'server',
    name: 'tiny',
    weights: null,
    prompt: prompt,
    computedBy: { url: server.url, ownedBy: 'tests' },
  });
});

test('completions send the text of the template and its stop strings', async () => {
  const server = await startServer();
  const answerer = await openAt(server.url, { prompt: completions });
  await answersOf(answerer, questions(1));
  expect(server.prompts[0]).toMatchObject({
    path: '/v1/completions',
    body: { prompt: renderOrzPrompt('What is 0 + 4?'), stop: ['User:', 'Human:', 'Assistant:', '</answer>'] },
  });
  expect(answerer.promptOf(questions(1)[0]!.problem)).toBe(renderOrzPrompt('What is 0 + 4?'));
});

test('every sample has a seed of its own, the same whatever the order', async () => {
  const server = await startServer();
  const sampled = { ...greedy, temperature: 1 };
  const seedsOf = async (concurrency: number): Promise<unknown[]> => {
    const before = server.prompts.length;
    await answersOf(await openAt(server.url, { concurrency }), questions(3, 4), sampled);
    return server.prompts.slice(before).map(({ body }) => body?.['seed']);
  };
  const seeds = await seedsOf(1);
  expect(new Set(seeds).size).toBe(12);
  for (const seed of seeds) expect(seed).toSatisfy((value: number) => Number.isInteger(value) && value < 2 ** 31);
  expect((await seedsOf(5)).sort()).toEqual(seeds.sort());
});

test('only so many requests are open at once', async () => {
  const server = await startServer();
  server.fallback = (response, asked) => {
    setTimeout(() => reply({ text: 'x' })(response, asked), 2);
  };
  const { answers } = await answersOf(await openAt(server.url, { concurrency: 3 }), questions(12));
  expect(answers.map(({ question }) => question).sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
  expect(server.mostOpen).toBe(3);
});

test.each([
  ['vllm', { top_k: -1, min_p: 0, repetition_penalty: 1 }],
  ['sglang', { top_k: -1, min_p: 0, repetition_penalty: 1 }],
  ['llamacpp', { top_k: 0, min_p: 0, repeat_penalty: 1 }],
  ['me', { top_k: 0, min_p: 0, repeat_penalty: 1 }],
])('%s is asked for the distribution of the model itself', async (ownedBy, fields) => {
  const server = await startServer();
  server.models = json({ data: [{ id: 'tiny', owned_by: ownedBy }] });
  const answerer = await openAt(server.url);
  await answersOf(answerer, questions(1));
  expect(server.prompts[0]?.body).toMatchObject(fields);
  expect(answerer.identity.computedBy).toEqual({ url: server.url, ownedBy, ...fields });
});

test('a server that is not known gets no field beyond the API, whatever it calls itself', async () => {
  const server = await startServer();
  for (const owner of ['constructor', '__proto__', 'somebody']) {
    server.models = json({ data: [{ id: 'tiny', owned_by: owner }] });
    await answersOf(await openAt(server.url), questions(1));
    const fields = Object.keys(server.prompts.at(-1)?.body ?? {});
    expect(fields.sort()).toEqual(['max_tokens', 'messages', 'model', 'temperature', 'top_p']);
  }
});
