"""Scripts of jobs/ that turn data into files, called as a user does, and what they leave."""

import contextlib
import io
import os
import sys
from unittest import mock

import h5py
from common import SCRATCH, expect


def folder(name):
    path = os.path.join(SCRATCH, name)
    os.makedirs(path)
    return path


def stored(path, values):
    """The name of a dataset that holds them."""
    with h5py.File(path, "w") as file:
        file["x"] = values
    return path + ":x"


def script(module, *arguments):
    """Status, what was printed and what was complained of."""
    said, complaint = io.StringIO(), io.StringIO()
    with mock.patch.object(sys, "argv", [module.__name__ + ".py", *map(str, arguments)]):
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaint):
            try:
                status = module.main()
            except SystemExit as end:
                status = end.code
    return status, said.getvalue(), complaint.getvalue()


def made(module, source, output, *arguments):
    """All datasets by name, the file's attributes, and what was printed."""
    status, said, complaint = script(module, source, output, *arguments)
    expect(status == 0 and complaint == "", f"{arguments}: {complaint}")
    with h5py.File(output) as file:
        return {name: file[name][...] for name in file}, dict(file.attrs), said
