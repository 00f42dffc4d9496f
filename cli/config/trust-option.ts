/** Of every command that reads a run folder and loads what it names. */
export const trustOption = [
  '--trust-plugins',
  'load the plugins that the run names, although you have not used them here before',
] as const;
