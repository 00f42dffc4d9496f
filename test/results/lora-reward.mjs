/** @type {import('open-reasoner-zero').RewardFactory} The answer is named, in a response of any length. */
const createReward = () => ({
  name: 'names-answer',
  independent: true,
  grade: (group) =>
    group.map(({ text, problem }) =>
      new Set(text.match(/\d+/g)).has(problem.answer)
        ? { value: 1, verdict: 'correct' }
        : { value: 0, verdict: 'wrong' },
    ),
});
export default createReward;
