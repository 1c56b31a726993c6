"""processors: 2; labels: long
Every input of fokker-planck on three meshes."""
import os, sys

script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "test_meshes.py")
os.execv(sys.executable, [sys.executable, script, "--all"])
