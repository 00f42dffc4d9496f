/** Public surface of the package: what a configuration, a plugin, a preset or a program that embeds a run imports. */
export * from '../core/index.js';
export { defineConfig, definePreset } from './define-config.js';
export type * from './define-config.js';
