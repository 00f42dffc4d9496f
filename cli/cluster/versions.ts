/** The only SkyRL that the generated files are for; the critic fix refuses any other. */
export const skyrlVersion = '0.4.0';
/** Of the machines of the cluster: skyrl needs 3.12 or later. */
export const pythonVersion = '3.12';
/**
 * SkyRL is installed from its repository with its own lock file: its extra `fsdp` names packages that PyPI does not
 * have (flashinfer-jit-cache and flashinfer-cubin 0.6.18.post1, looked for in November 2026). The tag follows the names
 * of earlier releases and was not seen; setup.sh compares the version.
 */
export const skyrlRepository = 'https://github.com/NovaSky-AI/SkyRL';
export const skyrlTag = `skyrl-v${skyrlVersion}`;

/** What skyrl 0.4.0 pins for its extra `fsdp` (metadata of the package); of tinker it takes 0.25 only. */
const pinned: readonly (readonly [name: string, version: string])[] = [
  ['skyrl', skyrlVersion],
  ['torch', '2.13.0'],
  ['vllm', '0.30.0'],
  ['flash-attn', '2.8.3'],
  ['ray', '2.57.0'],
  ['peft', '0.18.1'],
  ['tinker', '0.25.0'],
];

/** `requirements.txt`: what setup.sh demands of the installation; `hash` is the SHA-256 of skyrl.json. */
export function requirements(hash: string): string {
  return [
    '# Versions that setup.sh demands after it has installed the lock file of SkyRL. Not for pip: see README.md.',
    `# Written together with skyrl.json, SHA-256 ${hash}`,
    ...pinned.map(([name, version]) => `${name}==${version}`),
    '',
  ].join('\n');
}
