"""Mends the critic of SkyRL @SKYRL_VERSION@. Written by orz-train cluster.

Two things keep a critic from working over the Tinker API, and one from learning as it should:

1. WorkerDispatch.ensure_active_adapter calls swap_to_adapter on the workers of every role before each pass, and only
   PolicyWorkerBase has that method: every call fails with "'ActorHandle' object has no attribute 'swap_to_adapter'". A
   critic has no adapters to swap, so the method that is added does nothing, as in PolicyWorkerBase.
2. On more than one GPU, get_llm_for_sequence_regression imports no_init_weights from transformers.modeling_utils for a
   model with untied embeddings. In transformers 5 it is in transformers.initialization, so no such critic can be
   made. The name is put back where it is looked for, unless it is there.
3. The gradient of the critic comes divided by @CRITIC_SCALE@, so that its loss is ours. Adam does not see such a factor, but
   for its ε of 1e-8, which no setting of SkyRL changes: it would be @CRITIC_SCALE@ times too large. Before each step it is
   divided too.

    python orz_skyrl_critic.py install    puts this file and a .pth into site-packages of this Python
    python orz_skyrl_critic.py check      exits with 1 unless it is installed and all is mended
    python orz_skyrl_critic.py remove     takes file and .pth out again

Every Python of that environment, Ray's workers included, then applies it when it imports SkyRL's workers. It refuses
another version of SkyRL, and one that has the method already: look whether it is still needed.
"""

import importlib.abc
import importlib.machinery
import importlib.metadata
import pathlib
import shutil
import sys
import sysconfig

VERSION = "@SKYRL_VERSION@"
EPSILON = 1e-8 / float("@CRITIC_SCALE@")
MODULE = "skyrl.backends.skyrl_train.workers.worker"


def apply(worker):
    """Mends all three, given the module of the workers; RuntimeError for a SkyRL that this is not for."""
    found = importlib.metadata.version("skyrl")
    if found != VERSION:
        raise RuntimeError(f"orz_skyrl_critic.py is for skyrl {VERSION}, not {found}: run its command remove")
    if hasattr(worker.CriticWorkerBase, "swap_to_adapter"):
        raise RuntimeError("this skyrl has CriticWorkerBase.swap_to_adapter: run orz_skyrl_critic.py remove")

    def swap_to_adapter(self, model_id: str) -> None:
        """A critic has no adapters. Added by orz_skyrl_critic.py."""

    worker.CriticWorkerBase.swap_to_adapter = swap_to_adapter

    optim_step = worker.CriticWorkerBase.optim_step

    def scaled_step(self):
        """A step whose ε is as small as the gradient. Added by orz_skyrl_critic.py."""
        for group in self.optimizer.param_groups:
            group["eps"] = EPSILON
        return optim_step(self)

    worker.CriticWorkerBase.optim_step = scaled_step

    import transformers.modeling_utils

    if not hasattr(transformers.modeling_utils, "no_init_weights"):
        from transformers.initialization import no_init_weights

        transformers.modeling_utils.no_init_weights = no_init_weights


class Loader(importlib.abc.Loader):
    """Executes the module as it is, then mends it."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        apply(module)


class Finder(importlib.abc.MetaPathFinder):
    """Finds only the module of the workers."""

    def find_spec(self, name, path=None, target=None):
        if name != MODULE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None:
            spec.loader = Loader(spec.loader)
        return spec


def check(source, pth):
    """Exits with the reason if this environment is not mended."""
    if not (source.exists() and pth.exists()):
        sys.exit("not installed: run setup.sh on this node")
    import transformers.modeling_utils

    import skyrl.backends.skyrl_train.workers.worker as worker

    if not hasattr(worker.CriticWorkerBase, "swap_to_adapter"):
        sys.exit("installed, but the critic still lacks swap_to_adapter")
    if not hasattr(transformers.modeling_utils, "no_init_weights"):
        sys.exit("installed, but transformers.modeling_utils still lacks no_init_weights")
    print("the critic is mended")


def main(action):
    folder = pathlib.Path(sysconfig.get_path("purelib"))
    source, pth = folder / "orz_skyrl_critic.py", folder / "orz_skyrl_critic.pth"
    if action == "install":
        found = importlib.metadata.version("skyrl")
        if found != VERSION:
            sys.exit(f"this is for skyrl {VERSION}, and {found} is installed")
        if pathlib.Path(__file__).resolve() != source.resolve():
            shutil.copyfile(__file__, source)
        pth.write_text("import orz_skyrl_critic\n")
        print(f"installed into {folder}")
    elif action == "check":
        check(source, pth)
    elif action == "remove":
        for path in (source, pth):
            path.unlink(missing_ok=True)
        print(f"removed from {folder}")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
else:
    sys.meta_path.insert(0, Finder())
