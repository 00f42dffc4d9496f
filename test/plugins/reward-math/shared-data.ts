import { existsSync, readFileSync, readdirSync } from 'node:fs';

/** Development data that may lie beside the repository; tests that use it are skipped, with a reason, elsewhere. */
const folder = new URL('../../../../shared/data/', import.meta.url);

export const sharedData = existsSync(folder) ? folder : undefined;

export function skipReason(): string {
  return `no development data at ${folder.pathname}`;
}

export function readShared(path: string): string {
  return readFileSync(new URL(path, folder), 'utf8');
}

export interface DevCase {
  readonly id: string;
  readonly gold: string;
  readonly prediction: string;
  readonly expected: boolean;
  readonly config?: Record<string, unknown>;
  readonly disputed?: string;
}

export interface ResponseCase {
  readonly id: string;
  readonly gold: string;
  readonly response: string;
  readonly finish_reason: 'stop' | 'length';
  readonly expected_reward: 0 | 1;
}

/** Every distinct gold answer of the evaluation and training files. */
export function allGolds(): string[] {
  const golds = new Set<string>();
  for (const part of ['eval/', 'train/']) {
    for (const name of readdirSync(new URL(part, folder))) {
      const text = readShared(part + name);
      const records = name.endsWith('.jsonl')
        ? text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as unknown)
        : (JSON.parse(text) as unknown[]);
      for (const record of records) {
        const gold = goldOf(record);
        if (gold !== undefined && gold !== '') golds.add(gold);
      }
    }
  }
  return [...golds];
}

function goldOf(record: unknown): string | undefined {
  if (Array.isArray(record)) return (record as { ground_truth?: { value: string } }[])[1]?.ground_truth?.value;
  const fields = record as Record<string, unknown>;
  const value = fields['final_answer'] ?? fields['expected_answer'] ?? fields['gt'] ?? fields['answer'];
  if (typeof value !== 'string') return undefined;
  return value.includes('####') ? value.split('####')[1]!.trim() : value;
}
