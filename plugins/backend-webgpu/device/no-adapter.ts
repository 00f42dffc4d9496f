import { OrzError } from '../../../core/errors.js';

/** Why WebGPU gives no adapter. It says only that there is none, so what can be found out is found out here. */
export function noAdapter(library: string): OrzError {
  const { reason, remedy } = library === 'browser' ? browser : orOnnx(causes[process.platform] ?? linux());
  return new OrzError('ORZ_BACKEND_PROVIDER', `WebGPU (${library}) finds no adapter on this machine: ${reason}`, {
    origin: 'backend.type',
    remedy,
  });
}

interface Cause {
  readonly reason: string;
  readonly remedy: string;
}

const orOnnx = ({ reason, remedy }: Cause): Cause => ({ reason, remedy: `${remedy}; or use --set backend.type=onnx` });

const browser: Cause = {
  reason: 'the browser has WebGPU but no GPU that it trusts',
  remedy: 'update the graphics driver; chrome://gpu and about:support give the reason',
};

const causes: { readonly [platform in NodeJS.Platform]?: Cause } = {
  darwin: { reason: 'no GPU has a Metal driver', remedy: 'use a Mac with Metal, which also virtual machines may lack' },
  win32: { reason: 'no GPU has a Direct3D 12 driver', remedy: 'install the driver of the GPU' },
};

const vulkanLoader = 'libvulkan.so.1';

function linux(): Cause {
  const failure = loadFailure(vulkanLoader);
  if (failure !== undefined)
    return {
      reason: `the Vulkan loader cannot be opened (${failure})`,
      remedy:
        'install the Vulkan loader (on Debian and Ubuntu the package libvulkan1) and the Vulkan driver of the GPU; see docs/backends.md',
    };
  return {
    reason: 'the Vulkan loader is there but no driver that works',
    remedy:
      'install the Vulkan driver of the GPU (of its maker, or the package mesa-vulkan-drivers); vulkaninfo --summary shows what there is',
  };
}

/** Why a library cannot be opened, or undefined if it can. */
function loadFailure(library: string): string | undefined {
  try {
    process.dlopen({ exports: {} }, library);
  } catch (error) {
    // A library that opens is still no Node addon, which is another complaint.
    const { message } = error as Error;
    return message.includes('did not self-register') ? undefined : message;
  }
  return undefined;
}
