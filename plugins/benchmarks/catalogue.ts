import type { BenchmarkProtocol } from '../../core/contracts/benchmark.js';
import type { FileSource } from '../../core/data/sources/settings.js';

/** What is known of a published benchmark. */
export interface PublishedBenchmark {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly licence: string;
  readonly questions: number;
  readonly form: 'open' | 'choice';
  readonly protocol: BenchmarkProtocol;
  /** Where the questions are taken from where no setting says otherwise. */
  readonly published: FileSource;
}

const orzPaper = 'Open-Reasoner-Zero (arXiv:2503.24290v1)';
const asTrained =
  'temperature and top-p are those of training; the response limit is the 8,000 tokens of the released scripts, ' +
  'since the paper states none';

/** As in the table of the paper. Its evaluation during training differs: one response per question, every 10 steps. */
const ofPaper: BenchmarkProtocol = {
  samples: 16,
  temperature: 1,
  topP: 1,
  maxResponseTokens: 8000,
  origin: `${orzPaper}, section 3.1: mean of 16 responses; ${asTrained}`,
};

/** Large ones: the paper has numbers of MMLU and MMLU-Pro, and does not say how many responses it took. */
const single = (why: string): BenchmarkProtocol => ({
  samples: 1,
  temperature: 1,
  topP: 1,
  maxResponseTokens: 8000,
  origin: `this project: one response, ${why}; ${asTrained}`,
});

const orzRepository = 'github.com/Open-Reasoner-Zero/Open-Reasoner-Zero';

/** The questions stay where they are published. */
export const catalogue: readonly PublishedBenchmark[] = [
  {
    name: 'math500',
    title: 'MATH500',
    source: `Lightman et al., "Let's Verify Step by Step" (arXiv:2305.20050); file of ${orzRepository}`,
    licence: 'MIT',
    questions: 500,
    form: 'open',
    protocol: ofPaper,
    published: { path: 'data/eval_data/math500.json' },
  },
  {
    name: 'aime2024',
    title: 'AIME 2024',
    source: `American Invitational Mathematics Examination I and II, 2024; file of ${orzRepository}`,
    licence: 'questions of the Mathematical Association of America',
    questions: 30,
    form: 'open',
    protocol: ofPaper,
    published: { path: 'data/eval_data/aime2024.json' },
  },
  {
    name: 'aime2025',
    title: 'AIME 2025',
    source: 'American Invitational Mathematics Examination I and II, 2025; huggingface.co/datasets/math-ai/aime25',
    licence: 'questions of the Mathematical Association of America',
    questions: 30,
    form: 'open',
    protocol: ofPaper,
    published: { hub: 'math-ai/aime25', split: 'test' },
  },
  {
    name: 'gpqa-diamond',
    title: 'GPQA Diamond',
    source: `Rein et al., "GPQA" (arXiv:2311.12022); file of ${orzRepository}, with its order of the options`,
    licence: 'CC-BY-4.0',
    questions: 198,
    form: 'choice',
    protocol: ofPaper,
    published: { path: 'data/eval_data/gpqa_diamond.json' },
  },
  {
    name: 'gsm8k',
    title: 'GSM8K',
    source: 'Cobbe et al. (arXiv:2110.14168); huggingface.co/datasets/openai/gsm8k',
    licence: 'MIT',
    questions: 1319,
    form: 'open',
    protocol: single('since the paper has no number of GSM8K'),
    published: { hub: 'openai/gsm8k', config: 'main', split: 'test' },
  },
  {
    name: 'mmlu',
    title: 'MMLU',
    source: 'Hendrycks et al. (arXiv:2009.03300); huggingface.co/datasets/cais/mmlu',
    licence: 'MIT',
    questions: 14042,
    form: 'choice',
    protocol: single('since the paper does not say how many it took'),
    published: { hub: 'cais/mmlu', config: 'all', split: 'test' },
  },
  {
    name: 'mmlu-pro',
    title: 'MMLU-Pro',
    source: 'Wang et al. (arXiv:2406.01574); huggingface.co/datasets/TIGER-Lab/MMLU-Pro',
    licence: 'MIT',
    questions: 12032,
    form: 'choice',
    protocol: single('since the paper does not say how many it took'),
    published: { hub: 'TIGER-Lab/MMLU-Pro', split: 'test' },
  },
];
