export const providerNames = ['cpu', 'cuda', 'webgpu'] as const;
export type ProviderName = (typeof providerNames)[number];
