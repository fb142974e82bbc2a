"""Fresh worlds for the comparisons: those that an API server would hold, from the generators, by seed."""
import importlib.util
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ENGINES = HERE.parent / "engines"
sys.path.insert(0, str(HERE.parent / "support"))

KINDS = ("core", "full", "wild", "agent")
# With the agent's default Cilium drops every SCTP packet whatever the policies say; worlds let it through, so that policy decides.
OPTIONS = {"cilium.enable-sctp": "true"}


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, loaded)
    spec.loader.exec_module(loaded)
    return loaded


generate = module(ENGINES / "generate" / "generate.py")
evaluate = module(ENGINES / "reference" / "evaluate.py")


def world(kind, seed, options=None):
    """The world of this seed, `options` above its own, or None where the API server would refuse one of its policies."""
    made = generate.World("np", kind, seed).build()
    if evaluate.World(made["objects"]).problems:
        return None
    made["options"] = {**OPTIONS, **made["options"], **(options or {})}
    return made


def worlds(kinds, seed, options=None):
    """(kind, seed, world) without end: the kinds in turn, seed after seed."""
    while True:
        for kind in kinds:
            made = world(kind, seed, options)
            if made:
                yield kind, seed, made
        seed += 1
