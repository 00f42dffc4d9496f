/** The preset of a run that names none. */
export const defaultPreset = 'orz-tiny';
