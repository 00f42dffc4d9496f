import { fileURLToPath } from 'node:url';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** An error of ours is worded in one place per folder, so that all of them read alike and can be tested. */
const errorsInErrorFiles = {
  selector: "NewExpression[callee.name='OrzError']",
  message: 'Make this error in a named function of the errors.ts of this folder.',
};

/** Rules that find mistakes and keep the code readable; layout is Prettier's business. */
export default defineConfig(
  { ignores: ['dist/**', 'runs/**', 'coverage/**', '**/node_modules/**', 'docs/**'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['test/tsconfig.json', 'cli/dashboard/page/tsconfig.json', 'cli/browser/page/tsconfig.json'],
        tsconfigRootDir: fileURLToPath(new URL('.', import.meta.url)),
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'no-console': 'error',
      'no-eval': 'error',
      'no-control-regex': 'error',
      eqeqeq: ['error', 'always'],
      'max-len': ['error', { code: 120, ignoreUrls: true, ignorePattern: 'eslint-disable' }],
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: true },
      ],
      '@typescript-eslint/restrict-plus-operands': ['error', { allowNumberAndString: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // An interface may ask for a promise where one implementation has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // A check of what the type already excludes guards values from JSON, plugins and plain JavaScript.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // A text is spread into code points where that is meant.
      '@typescript-eslint/no-misused-spread': 'off',
      // Contracts are interfaces with methods; their implementations here use closures, not `this`.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['core/**', 'plugins/**', 'presets/**', 'cli/**'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'error',
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', errorsInErrorFiles],
    },
  },
  {
    files: ['**/errors.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // What talks to the terminal before the program exists, and what is not shipped.
    files: ['cli/setup/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // Tests read JSON and module exports freely; the rules do not see the type casts of plain JavaScript.
    files: ['test/**', '**/*.mjs'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'max-lines': 'off',
    },
  },
);
