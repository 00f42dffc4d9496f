/** The smallest normal float32. Devices may take what is below it for 0. */
export const smallestNormal = 2 ** -126;
