/** @file
 * General symbols in the spectrum of a transform: functions of all wavenumbers at once, where a
 * separable multiplier does not reach (Poisson's equation, interactions, the H^-1 norm); and
 * integrals of fields taken in their spectrum (Parseval).
 *
 * A symbol S acts on a field u by (S u)^(k) = S(κ_1, …, κ_d) û(k). It is real and even in every
 * wavenumber (that of a kernel: in all together), so that it takes κ_j ≥ 0 alone: 2πk/L on a
 * periodic axis, πk/L on a no-flux axis. On cosines it acts as on the even continuation of u.
 */
#pragma once
#include <otto/transform.h>

/** S(kappa[dim]); kappa[j] ≥ 0 in 1/length. What it gives at κ = 0 is its own decision (0 leaves
 * the mean out); it must be finite everywhere. Called by every rank for the modes it stores. */
typedef PetscReal (*OttoSymbolFunction)(PetscInt dim, const PetscReal kappa[], void *context);

/** Tabulates a symbol, one real per coefficient that the engine stores on this rank. `context` is
 * handed on to the function and not kept. The symbol goes before its transform. Collective.
 * OTTO_ERR_INPUT on all ranks where a value is not finite, naming the wavenumbers. */
PETSC_EXTERN PetscErrorCode OttoSymbolCreate(OttoTransform transform, OttoSymbolFunction function,
                                             void *context, OttoSymbol *symbol);
/** The symbol of a convolution: (S u)(x) = ∫ k(x − y) u(y) dy = cell volume · Σ_y k(x − y) u(y), on
 * a grid whose axes are all periodic. `kernel`: a field of the transform's grid, k(x) at the cell x
 * away from cell 0, even: k(−x) = k(x), round the torus. A convolution in free space: of a grid of
 * twice the cells, u beside zeros. Collective. OTTO_ERR_INPUT on all ranks: an axis that is not
 * periodic, a kernel that is not even or not finite. */
PETSC_EXTERN PetscErrorCode OttoSymbolCreateKernel(OttoTransform transform, Vec kernel,
                                                   OttoSymbol *symbol);
/** Frees a symbol. Collective. */
PETSC_EXTERN PetscErrorCode OttoSymbolDestroy(OttoSymbol *symbol);
/** Bytes this rank holds for a symbol. Not collective. */
PETSC_EXTERN size_t OttoSymbolBytes(OttoSymbol symbol);

/** *value at 0 of the kernel whose symbol is max(0, −S) but for the mode κ = 0, which is left out:
 * no function of mean 0 sees it. Rounding of S is on the side of a larger value. In units of S over
 * volume. Collective. */
PETSC_EXTERN PetscErrorCode OttoSymbolNegative(OttoSymbol symbol, PetscReal *value);

/** v = F^-1 (S · F u) in one pass that stores no spectrum; u and v may be the same. With a
 * multiplier beside it (a derivative, a decay): OttoMultiplier's own `symbol`. Collective. */
PETSC_EXTERN PetscErrorCode OttoTransformApplySymbol(OttoTransform transform, Vec u,
                                                     OttoSymbol symbol, Vec v);

/** v = F^-1 (S · spectrum); the spectrum is kept. Collective. */
PETSC_EXTERN PetscErrorCode OttoTransformInverseSymbol(OttoTransform transform,
                                                       OttoSpectrum spectrum, OttoSymbol symbol,
                                                       Vec v);

/** ∫ u (S u) dx = cell volume · Σ_cells u (S u), from the spectrum of u by Parseval's identity; S =
 * 1 where `symbol` is NULL. In units of u² × volume × S. A compensated sum: the same on any number
 * of ranks but for the rounding of the transform. Collective. */
PETSC_EXTERN PetscErrorCode OttoSpectrumSum(OttoSpectrum spectrum, OttoSymbol symbol,
                                            PetscReal *sum);

/** ∫ u (S w) dx = ∫ w (S u) dx from the spectra of u and w, of one transform; likewise.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoSpectrumInner(OttoSpectrum u, OttoSpectrum w, OttoSymbol symbol,
                                              PetscReal *inner);
