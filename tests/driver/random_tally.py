"""What random runs add up to: wrong numbers, refusals, estimates against errors."""

ALLOWED_LOW, ALLOWED_HIGH, CHANCE = 0.05, 0.1, 3  # shares of the estimates; of few of them, three are chance


class Tally:
    def __init__(self, verbose):
        self.verbose, self.counts = verbose, {}
        self.said, self.estimates, self.wrong, self.refused, self.alarms, self.units = [], [], [], [], [], []

    def add(self, other):
        for name in ("said", "estimates", "wrong", "refused", "alarms", "units"):
            getattr(self, name).extend(getattr(other, name))
        for what, n in other.counts.items():
            self.count(what, n)

    def count(self, what, n=1):
        self.counts[what] = self.counts.get(what, 0) + n

    def unit(self, kind, trial, column, error, relative, estimate):
        """One error and its estimate (None: not known). Low: below half the error; high: above 30 times an error that
        exceeds 1e-9 (of a case: and is not half of what is printed or more: then both say that nothing is known).
        Of the grid's errors not all are judged, which makes that of the case a lower bound."""
        if estimate is not None:
            estimate = float(estimate)
        low = estimate is not None and not estimate >= 0.5 * error
        high = (
            estimate is not None
            and relative > 1e-9
            and estimate > 30 * error
            and not ("case" in kind and error >= 0.5)
            and kind != "space of the case"
        )
        self.units.append((kind, low, relative > 1e-9, high, estimate is None))
        if self.verbose or low or high:
            said = "not known" if estimate is None else format(estimate, ".3g")
            self.estimates.append(
                f"{trial.where}, {getattr(trial.case, 'stepping', '')}: {kind}, {column}: "
                f"error {error:.3g} ({relative:.3g} relative), estimate {said}{' LOW' * low}{' HIGH' * high}"
            )

    def judge_units(self):
        failed = 0
        for kind in ("time", "time of the case", "space", "space of the case", "quadrature"):
            units = [u for u in self.units if u[0] == kind]
            known = [u for u in units if not u[4]]
            big = [u for u in known if u[2]]
            low, high = sum(u[1] for u in known), sum(u[3] for u in big)
            print(
                f"{kind}: {len(units)} errors, {len(units) - len(known)} without an estimate, {low} of {len(known)} "
                f"estimates below half the error (1 in 20 allowed), "
                f"{high} of {len(big)} above 30 times an error over 1e-9 (1 in 10 allowed)"
            )
            failed += len(units) > 20 and not known
            failed += low > max(ALLOWED_LOW * len(known), CHANCE) or high > max(ALLOWED_HIGH * len(big), CHANCE)
        return failed

    def report(self):
        for row in self.said + (self.estimates if self.verbose else self.estimates[:60]):
            print(" ", row)
        for title, rows in (("wrong numbers", self.wrong), ("refused or broken", self.refused)):
            print(f"\n{len(rows)} {title}")
            for row in rows:
                print(" ", row)
        print(f"\n{len(self.alarms)} runs that failed a check; what failed:")
        for row in self.alarms:
            print(" ", row)
        print("\n" + ", ".join(f"{v} {k}" for k, v in sorted(self.counts.items())))
        unsound = self.judge_units()
        return 1 if unsound or self.wrong or self.refused or not self.counts.get("numbers compared") else 0
