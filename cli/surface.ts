/** What configurations, presets and plugins import from the package. */
export * from '../core/index.js';
export { defineConfig, definePreset, defineStudy } from './define-config.js';
export type * from './define-config.js';
