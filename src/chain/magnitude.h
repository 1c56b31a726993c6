/* Private to generators: how large and how small the rates of a chain may be, and what they are
 * made of. Solvers and bounds form products and ratios of a few of them, which have to stay in the
 * doubles; nobody's units need more. */
#pragma once

#define OTTO_LEAST_RATE 1e-100
#define OTTO_MOST_RATE 1e100
#define OTTO_RATES_SAY "from 1e-100 to 1e100: beyond that take other units"

/* Whether it may be a temperature, a mobility, or a rate that is not 0; NaN is none. */
#define OttoIsRate(x) ((x) >= OTTO_LEAST_RATE && (x) <= OTTO_MOST_RATE)
