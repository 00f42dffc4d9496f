import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPage, root } from './pages.js';
import { readDockerfile } from './dockerfile.js';

const instructions = readDockerfile();
const stages = instructions.filter(({ name }) => name === 'FROM').map(({ stage }) => stage);
const images = ['cpu', 'cuda'];
const textsOf = (stage: string, name: string): string[] =>
  instructions.filter((each) => each.stage === stage && each.name === name).map(({ text }) => text);
const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>;

/** What the ignore file lets into the build. */
const included = readFileSync(join(root, 'docs/container/Dockerfile.dockerignore'), 'utf8')
  .split('\n')
  .flatMap((line) => /^!(.+)$/.exec(line)?.[1] ?? []);

describe('docs/container/Dockerfile', () => {
  it('consists of instructions, in stages that follow each other', () => {
    expect(instructions.map(({ name }) => name)).not.toContain('');
    expect(stages).toEqual(['build', 'build-cuda', 'cpu', 'cuda']);
    const bases = instructions.filter(({ name }) => name === 'FROM').map(({ text }) => text.split(' ')[0]!);
    expect(bases).toEqual(['${NODE_IMAGE}', 'build', '${NODE_IMAGE}', '${CUDA_IMAGE}']);
  });

  it('copies only what exists and gets past the ignore file', () => {
    const copied = instructions
      .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from='))
      .flatMap(({ text }) => text.split(' ').slice(0, -1));
    expect(copied).toEqual(['package.json', 'package-lock.json', '.npmrc', '.']);
    expect(included.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(included).toEqual(
      expect.arrayContaining([...copied.slice(0, 3), 'tsconfig.json', 'core', 'cli', 'LICENSE']),
    );
    const from = instructions.flatMap(({ name, text }) =>
      name === 'COPY' ? [...text.matchAll(/^--from=(\S+)/g)].map(([, stage]) => stage!) : [],
    );
    expect(from.filter((stage) => !stages.includes(stage))).toEqual([]);
  });

  it.each(images)('%s: labels, user, volume, signals', (image) => {
    const [label = ''] = textsOf(image, 'LABEL');
    expect(label).toContain(`org.opencontainers.image.version="${version}"`);
    expect(label).toContain(`org.opencontainers.image.licenses="${license}"`);
    const [user] = textsOf(image, 'USER');
    const [id] = /--uid (\d+)/.exec(textsOf(image, 'RUN').join('\n'))?.slice(1) ?? [];
    expect(user).toBe(`${id}:${id}`);
    expect(textsOf(image, 'VOLUME')).toEqual([`${textsOf(image, 'WORKDIR')[0]}/runs`]);
    expect(textsOf(image, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(textsOf(image, 'ENTRYPOINT')).toEqual(['["tini", "--", "orz-train"]']);
  });

  it('differs between the two images only in what CUDA needs', () => {
    const [cpu, cuda] = images.map((image) =>
      instructions
        .filter(({ stage, name }) => stage === image && !['FROM', 'LABEL'].includes(name))
        .map(({ name, text }) => `${name} ${text.replace('build-cuda', 'build')}`),
    );
    expect(cuda!.filter((line) => !cpu!.includes(line))).toEqual([
      'COPY --from=build /usr/local/bin/node /usr/local/bin/node',
    ]);
    expect(cpu!.filter((line) => !cuda!.includes(line))).toEqual([]);
  });

  it('has the targets, the user and the ports that docs/operations.md names', () => {
    const page = readPage('docs/operations.md');
    expect([...page.matchAll(/--target (\w+)/g)].map(([, target]) => target)).toEqual(images);
    expect(page).toContain(`user ${textsOf('cpu', 'USER')[0]!.split(':')[0]}`);
  });
});
