/**
 * What a request must say besides so that a server samples from the model's own distribution. Without it llama.cpp
 * keeps the 40 most probable tokens, and vLLM and SGLang follow the `generation_config.json` of the model, with its
 * top-k and its penalty of repetitions, which change greedy answers too. The key is what the server says of itself in
 * its list of models (`owned_by`). The fields are no part of the OpenAI API, and other servers refuse them: there the
 * defaults of the server hold.
 */
const plainSampling: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  vllm: { top_k: -1, min_p: 0, repetition_penalty: 1 },
  sglang: { top_k: -1, min_p: 0, repetition_penalty: 1 },
  llamacpp: { top_k: 0, min_p: 0, repeat_penalty: 1 },
  // The server of llama-cpp-python.
  me: { top_k: 0, min_p: 0, repeat_penalty: 1 },
};

/** Empty for a server that is not known. */
export const plainSamplingOf = (ownedBy: string | undefined): Readonly<Record<string, number>> =>
  (ownedBy === undefined ? undefined : new Map(Object.entries(plainSampling)).get(ownedBy)) ?? {};
