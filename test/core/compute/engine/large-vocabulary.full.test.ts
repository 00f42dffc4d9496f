import { describe } from 'vitest';
import { largeVocabulary } from './large-vocabulary.js';
import { onnxTolerance, startOnnx } from './support.js';

describe('a vocabulary of 151,936 tokens', () => {
  largeVocabulary(
    () => startOnnx(2),
    () => startOnnx(2),
    onnxTolerance,
  );
});
