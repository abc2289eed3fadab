"""Loads a program of the gate for its tests: most have no ending by which Python would find them."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path


def program(name):
    """A module of its own each time."""
    loader = SourceFileLoader(name, str(Path(__file__).with_name(name)))
    module = module_from_spec(spec_from_loader(name, loader))
    loader.exec_module(module)
    return module
