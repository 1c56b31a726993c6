"""processors: 2; labels: long
Every case of test_invariance.py on all rank counts."""
import os, sys

script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "test_invariance.py")
os.execv(sys.executable, [sys.executable, script, "--all"])
