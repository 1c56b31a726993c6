#!/usr/bin/env python3
"""Draws a run's results and puts them into one page: plot.py OUTPUT_DIR
Draws a second run over a first one:                 plot.py OUTPUT_DIR OTHER_OUTPUT_DIR

Reads series.csv, time_error.csv, space_error.csv, summary.json and fields.h5 of the folder and writes beside them
  report.html         answers, pictures, checks, options: one page without other files, for any browser
  divergences.png     D_t and the integral of its dissipation, divergences and Fisher information against t
  residuals.png       how well the identities hold, with the bounds they are checked against
  fields_<n>.png      densities and log-ratio of up to four of the samples written
and of a fokker-planck run
  relaxation.png      divergences and entropy production with its parts against t
  thermodynamics.png  free energy, entropy, heat, work, current against t
  fields_<n>.png      densities with potential contours and current, steady state
  modes.png           the slowest relaxation modes, rates and frequencies with the bounds of their errors
  spectrum.png        these rates with the timescales they imply, or in the complex plane with their frequencies
  survival.png        with absorbing faces what is left, and what each face has taken
  metastable.png      metastable sets: the map of them, and the membership of each
  observables.png     means, variances and probabilities of what was observed
  histograms.png      density and free energy along formulas
  correlations.png    autocorrelations, spectral densities and responses in the steady state
  marginals.png       marginals along one axis, and two (of any driver that writes them)
and of a transport run
  transport.png       p, where the map carries it as arrows, q, and the least flux
  frames.png          frames of the displacement interpolation, where they were asked for
  potentials.png      the potentials that prove the lower bounds
  intervals.png       the intervals of W2 and W1 as they close
  tempered.png        D_t beside W2^2/4t, where times were asked for
and of a gradient-flow run
  densities.png       p (and q) at up to six of the times written, with level lines
  energy.png          energy with its parts, dissipation by faces, the rate by cells, how far these are apart
  spread.png          second moment and its law, and the front where the internal energy makes one
  movement.png        of jko and ljko: W2 of steps as an interval, W2^2/2tau beside what the energy falls
  divergences.png     divergences of p and q
and of a tempering run
  tempering.png       what tempering adds to entropies, in both coordinates, by how much these differ, what is left of laws
  densities.png       p at up to six of the times written
and of a convective-entropy run
  upsilon.png         convective entropy against t for every s with its error, its two entropies, what the error is
  growth.png          the coefficient on a log axis with its fit and what theory compares it with, and these as rates
  stretching.png      the largest exponent forward and backward with the directions of stretching, and log J
  densities.png       p, and what it is carried to at up to five of the times written
and of a first-passage run
  passages.png        which end comes first and the mean time, by the start; what is on the way, with its current
  free_energy.png     free energy along the committor, and of what is on the way
  survival.png        what has not arrived by t, how fast it does, and where
What a run does not hold is left out; what is newer than the run is not drawn again. With two runs: compare_<name of
the second>.png in the first one's folder."""

import os
import sys


def main(arguments):
    if len(arguments) not in (2, 3) or arguments[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments[1:2] in (["-h"], ["--help"]) else 2
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    try:
        from otto_results import ResultsError, load
    except ImportError as error:
        print(f"plot.py: {error}", file=sys.stderr)
        return 77  # another Python may do
    try:
        runs = [load(folder) for folder in arguments[1:]]
        return draw_two(*runs) if len(runs) == 2 else draw_one(*runs)
    except ResultsError as error:
        print(f"plot.py: {error}", file=sys.stderr)
        return 2


def draw_one(run):
    from plots.pictures import draw_all
    from plots.report import write_report

    try:
        print(write_report(run, draw_all(run)))
    except ImportError as error:
        print(f"plot.py: {error}", file=sys.stderr)
        return 77
    return 0


def draw_two(first, second):
    from plots.compare import overlay
    from plots.pictures import save
    from plots.units import label

    figure = overlay(first, second)
    if figure is None:
        print(f"plot.py: {first.folder} and {second.folder} have no column in common to draw", file=sys.stderr)
        return 2
    path = first.path(f"compare_{second.name}.png")
    save(label(figure, first) if first.units == second.units else figure, path)
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
