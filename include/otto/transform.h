/** @file
 * Parallel Fourier and cosine transforms of fields, and separable multipliers in their
 * spectrum. General symbols and sums over a spectrum: <otto/symbol.h>.
 *
 * A periodic axis has modes exp(2πi k x/L), a no-flux axis cos(π k (x - lower)/L), k = 0…n-1, on
 * cell centres (DFT and DCT-II). Axes mix freely. Multipliers are even in k, so a periodic axis is
 * described by k = 0…n/2 alone.
 *
 * Two engines pass the same contract: `own` (serial FFTW on planes and on lines of axis 0, chunked
 * exchanges between, multiplier fused in between; on any mesh of ranks) and `fftw_mpi`
 * (FFTW-MPI, out of place, transposed output, measured plans with wisdom).
 */
#pragma once
#include <otto/family.h>
#include <otto/field.h>
#include <otto/keep.h>

/** A transform of the fields of one grid, by one engine. */
typedef struct _n_OttoTransform *OttoTransform;
/** Coefficients of one field, in the engine's layout. */
typedef struct _n_OttoSpectrum *OttoSpectrum;
/** A function of all wavenumbers, tabulated in the engine's layout: see <otto/symbol.h>. */
typedef struct _n_OttoSymbol *OttoSymbol;

/** The registry. */
PETSC_EXTERN const OttoFamily OttoTransformFamily;

/** Deals a grid as the engine of transform_engine (auto) wants it: OttoGridSetLayout(). Before
 * OttoGridSetUp(). OTTO_ERR_INPUT. Not collective. */
PETSC_EXTERN PetscErrorCode OttoTransformLayGrid(OttoGrid grid);

/** Keeps how transforms are computed, which is found out by timing and decides how they are
 * rounded, or takes it over: for transforms that are set up from then on. Collective. */
PETSC_EXTERN PetscErrorCode OttoWisdomKeep(MPI_Comm comm, OttoKeep keep);

/**
 * A multiplier m(k) = Π_j factor[j][k_j] · (Σ_j addend[j][k_j], if any addend is not NULL), times
 * i·κ_j for the wavenumber κ_j of `derivative_axis` (the spectral ∂_j; the Nyquist mode of an even
 * periodic axis drops out), times `scale`, times S(κ) of a symbol.
 */
typedef struct {
  const PetscReal *factor[OTTO_MAX_DIM]; /**< [OttoTransformModes()] per axis; NULL means 1 */
  const PetscReal *addend[OTTO_MAX_DIM]; /**< likewise; NULL means 0 */
  PetscInt derivative_axis;              /**< -1 for none */
  PetscReal scale;                       /**< usually 1 */
  OttoSymbol symbol;                     /**< of the same transform; NULL means 1 */
} OttoMultiplier;

/** Number of distinct modes of an axis: n/2 + 1 (periodic) or n (no-flux). Not collective. */
PETSC_EXTERN PetscInt64 OttoTransformModes(const OttoGridInfo *g, PetscInt axis);

/** Wavenumber of mode k of an axis, 1/length: 2πk/L (periodic) or πk/L (no-flux). Not collective.
 */
PETSC_EXTERN PetscReal OttoTransformWavenumber(const OttoGridInfo *g, PetscInt axis, PetscInt64 k);

/** Collective on the grid. */
PETSC_EXTERN PetscErrorCode OttoTransformCreate(OttoGrid grid, OttoTransform *transform);

/** Names the engine: "own", "fftw_mpi" or "auto" (own). fftw_mpi needs a grid of layout
 * OTTO_LAYOUT_FFTW. Not collective. */
PETSC_EXTERN PetscErrorCode OttoTransformSetType(OttoTransform transform, const char *engine);

/** Reads transform_engine (auto). Not collective. */
PETSC_EXTERN PetscErrorCode OttoTransformSetFromOptions(OttoTransform transform);

/** Whether OttoTransformInversePair() sends one field while it computes the other (no, until it is
 * asked to); the numbers are the same. Engine own on several ranks then holds the lines of a second
 * field, about 8 bytes a local cell, on a mesh that cuts the second axis twice that
 * (OttoTransformBytes() counts them); elsewhere nothing changes. Before set-up or after it.
 * Collective. PETSC_ERR_MEM. */
PETSC_EXTERN PetscErrorCode OttoTransformSetOverlap(OttoTransform transform, PetscBool overlap);

/** Plans (FFTW_MEASURE; wisdom is read from and saved to a file of the engine, the cells and the
 * mesh in ${XDG_CACHE_HOME:-$HOME/.cache}/otto/fftw-HOST, silently skipped if it cannot be) and
 * allocates. Collective. OTTO_ERR_INPUT for an axis neither periodic nor no-flux. */
PETSC_EXTERN PetscErrorCode OttoTransformSetUp(OttoTransform transform);
/** Whether that has succeeded. Not collective. */
PETSC_EXTERN PetscBool OttoTransformIsSetUp(OttoTransform transform);
/** What takes a transform and returns an error code fails with OTTO_ERR_STATE before. */
#define OttoNeedTransform(transform)                                                               \
  OttoNeed(OttoTransformIsSetUp(transform), "OttoTransformSetUp()")
/** Frees plans and buffers; its spectra must be gone. Collective. */
PETSC_EXTERN PetscErrorCode OttoTransformDestroy(OttoTransform *transform);

/** Name of the engine in use. Not collective. */
PETSC_EXTERN const char *OttoTransformGetType(OttoTransform transform);

/** Bytes this rank holds for the engine itself, without spectra. Not collective. */
PETSC_EXTERN size_t OttoTransformBytes(OttoTransform transform);

/** Room for the coefficients of one field (about 8 bytes per local cell). Collective. */
PETSC_EXTERN PetscErrorCode OttoSpectrumCreate(OttoTransform transform, OttoSpectrum *spectrum);
/** Frees a spectrum. Collective. */
PETSC_EXTERN PetscErrorCode OttoSpectrumDestroy(OttoSpectrum *spectrum);
/** Bytes this rank holds for a spectrum. Not collective. */
PETSC_EXTERN size_t OttoSpectrumBytes(OttoSpectrum spectrum);

/** spectrum = F u. `u` is unchanged. Collective. */
PETSC_EXTERN PetscErrorCode OttoTransformForward(OttoTransform transform, Vec u,
                                                 OttoSpectrum spectrum);

/** v = F^-1 ( m · spectrum ), normalised so that m = 1 returns the field; the spectrum is kept.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoTransformInverse(OttoTransform transform, OttoSpectrum spectrum,
                                                 const OttoMultiplier *m, Vec v);

/** OttoTransformInverse() of two spectra by the same multiplier, bit for bit. With
 * OttoTransformSetOverlap() the messages of one are under way while the other is computed, both
 * taking turns. Collective. */
PETSC_EXTERN PetscErrorCode OttoTransformInversePair(OttoTransform transform,
                                                     const OttoSpectrum spectrum[2],
                                                     const OttoMultiplier *m, const Vec v[2]);

/** What of Σ_cells u² is in the modes of a periodic axis above `above` (0 … 1) times the highest,
 * n/2. Asks nothing of the mesh of ranks, and needs no transform. Collective.
 * PETSC_ERR_ARG_OUTOFRANGE: an axis that is not periodic. */
PETSC_EXTERN PetscErrorCode OttoTransformLineTail(OttoGrid grid, Vec u, PetscInt axis,
                                                  PetscReal above, PetscReal *sum);

/** v = F^-1 ( m · F u ) in one pass that stores no spectrum; u and v may be the same. Collective.
 */
PETSC_EXTERN PetscErrorCode OttoTransformApply(OttoTransform transform, Vec u,
                                               const OttoMultiplier *m, Vec v);
