"""How the tests in Python count what holds and what does not. Standard library only."""

import sys

failures, checks = [], 0


def expect(ok, what):
    """NaN compares false, so that `expect(value <= bound, …)` fails on it."""
    global checks
    checks += 1
    if not ok:
        failures.append(what)
        print("failed:", what, flush=True)


def finish():
    print(f"{checks} checks, {len(failures)} failed")
    sys.exit(1 if failures or not checks else 0)
