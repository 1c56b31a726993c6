#!/usr/bin/env python3
"""What the exact heat kernels cost, drawn: exact_cost.py OUTPUT_DIR TARGET.png

Reads summary.json of a run of `otto bench heat` and draws an apply of each exact kernel in applies of the own FFT engine
against the kernel's width, for the three kinds of data it times. Which widths: -bench_sigma, as in

    otto bench heat -grid_n 128,128,128 -bench_sigma 1.5,2,3,4,6,10,15,25,40 -output_dir otto-out/bench
    jobs/exact_cost.py otto-out/bench picture.png"""

import os
import sys


def main(arguments):
    if len(arguments) != 3:
        print(__doc__)
        return 0 if arguments[1:2] in (["-h"], ["--help"]) else 2
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    try:
        from otto_results import ResultsError, load
        from plots.exact_cost import exact_cost
        from plots.pictures import save

        figure = exact_cost(load(arguments[1]))
        if figure is None:
            print(f"exact_cost.py: {arguments[1]} is no run of otto bench heat", file=sys.stderr)
            return 2
        save(figure, arguments[2])
    except ImportError as error:
        print(f"exact_cost.py: {error}", file=sys.stderr)
        return 77  # another Python may do
    except ResultsError as error:
        print(f"exact_cost.py: {error}", file=sys.stderr)
        return 2
    print(arguments[2])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
