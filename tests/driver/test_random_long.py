"""labels: long
The 300 cases of test_random.py."""
import os, sys

script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "test_random.py")
os.execv(sys.executable, [sys.executable, script, "--cases", "0:300"])
