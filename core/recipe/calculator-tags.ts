/** What surrounds a call of the environment `calculator`, and what the examples of `orz-tiny` write it with. */
export const calculatorTags = { opening: '<calc>', closing: '</calc>' } as const;
