import type { OrzError } from '../../../core/errors.js';
import { adapterNotFound } from './errors.js';

/** Why WebGPU gives no adapter: it says only that there is none, so the reason is looked for here. */
export function noAdapter(library: string): OrzError {
  const { reason, remedy } = library === 'browser' ? browser : orOnnx(causes[process.platform] ?? linux());
  return adapterNotFound(library, reason, remedy);
}

interface Cause {
  readonly reason: string;
  readonly remedy: string;
}

const orOnnx = ({ reason, remedy }: Cause): Cause => ({
  reason,
  remedy: `${remedy} Or use --set backend.type=onnx`,
});

const browser: Cause = {
  reason: 'the browser has WebGPU but no GPU that it trusts',
  remedy: 'Update the graphics driver; chrome://gpu and about:support give the reason.',
};

const causes: { readonly [platform in NodeJS.Platform]?: Cause } = {
  darwin: { reason: 'no GPU has a Metal driver', remedy: 'Use a Mac with Metal; virtual machines may lack it.' },
  win32: { reason: 'no GPU has a Direct3D 12 driver', remedy: 'Install the driver of the GPU.' },
};

const vulkanLoader = 'libvulkan.so.1';

function linux(): Cause {
  const failure = loadFailure(vulkanLoader);
  if (failure !== undefined)
    return {
      reason: `the Vulkan loader cannot be opened (${failure})`,
      remedy:
        'Install the Vulkan loader (on Debian and Ubuntu the package libvulkan1) and the Vulkan driver of the GPU; ' +
        'see docs/backends.md.',
    };
  return {
    reason: 'the Vulkan loader is there but no driver that works',
    remedy:
      'Install the Vulkan driver of the GPU (of its maker, or the package mesa-vulkan-drivers); ' +
      'vulkaninfo --summary lists what is installed.',
  };
}

/** Why a library cannot be opened, or undefined if it can. */
function loadFailure(library: string): string | undefined {
  try {
    process.dlopen({ exports: {} }, library);
  } catch (error) {
    // A library that opens is still not a Node addon, which is a different error.
    const { message } = error as Error;
    return message.includes('did not self-register') ? undefined : message;
  }
  return undefined;
}
