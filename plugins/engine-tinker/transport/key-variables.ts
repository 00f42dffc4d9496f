/** Environment variables that may hold the key, in the order in which they are asked. */
export const keyVariables = ['ORZ_TINKER_API_KEY', 'TINKER_API_KEY'] as const;
