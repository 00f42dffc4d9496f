import { ForeignText } from '../../dashboard/page/text.js';
import type { BrowserBackend, Gpu, NoGpu } from '../messages.js';
import type { Form } from './form.js';
import { formatBytes } from './format-bytes.js';

interface DeviceChoiceProps {
  /** Undefined until the worker has looked. */
  readonly gpu: Gpu | NoGpu | undefined;
  readonly backend: Form['backend'];
  readonly onChange: (backend: BrowserBackend) => void;
  readonly onSmall: () => void;
}

/** Where to train: the visitor's GPU, or the CPU. */
export function DeviceChoice({ gpu, backend, onChange, onSmall }: DeviceChoiceProps) {
  const found = gpu && 'name' in gpu ? gpu : undefined;
  const slow = backend === 'reference' || (backend === 'webgpu' && found?.software === true);
  return (
    <fieldset class="card">
      <legend>Where to train</legend>
      {gpu && 'reason' in gpu && <NoGpuNotice {...gpu} />}
      <label class="option">
        <input
          type="radio"
          name="backend"
          checked={backend === 'webgpu'}
          disabled={!found}
          onChange={() => {
            onChange('webgpu');
          }}
        />
        <span>This machine's GPU, through WebGPU {found && <GpuFacts gpu={found} />}</span>
      </label>
      <label class="option">
        <input
          type="radio"
          name="backend"
          checked={backend === 'reference'}
          onChange={() => {
            onChange('reference');
          }}
        />
        <span>
          The CPU, in plain TypeScript{' '}
          <span class="muted">one thread, double precision: slow; the full preset takes hours</span>
        </span>
      </label>
      {slow && (
        <p class="actions">
          <button type="button" onClick={onSmall}>
            Fill in a size for the CPU
          </button>{' '}
          <span class="muted">everything as in the preset, but smaller: some minutes</span>
        </p>
      )}
    </fieldset>
  );
}

const NoGpuNotice = ({ reason, remedy }: NoGpu) => (
  <div class="notice" role="alert" id="no-gpu">
    <p>
      <strong>There is no GPU to train on.</strong> {reason}.
    </p>
    <p>{remedy}</p>
  </div>
);

const GpuFacts = ({ gpu }: { readonly gpu: Gpu }) => (
  <span class="muted">
    <ForeignText text={gpu.name} />
    {gpu.software && ' (computed on the CPU, slow)'}, buffers up to {formatBytes(gpu.maxBufferBytes)}
    {gpu.features.length > 0 && `, ${gpu.features.join(', ')}`}
  </span>
);
