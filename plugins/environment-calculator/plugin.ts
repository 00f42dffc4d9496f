import { definePlugin, provide } from '../../core/plugin/define.js';
import { calculatorSettings } from './settings.js';

/** The module beside this file, compiled or not. */
const calculator = new URL(import.meta.url.endsWith('.ts') ? './calculator.ts' : './calculator.js', import.meta.url);

/** The example of an environment, and the tool of the preset `calculator`. */
export default definePlugin({
  name: 'environment-calculator',
  provides: [
    provide('environment', 'calculator', {
      description: 'Adds the numbers in <calc>3+5+9</calc>, which the base model of orz-tiny can learn to write',
      settings: calculatorSettings,
      create: (settings) => ({ moduleUrl: calculator.href, settings }),
    }),
  ],
});
