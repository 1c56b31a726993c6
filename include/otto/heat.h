/** @file
 * The heat semigroup K_t, ∂_t u = Δu, by one of four kernels (heat.def; MATHEMATICS 6), of which
 * `auto` chooses an exact one for two densities (tempered.h):
 *
 *   spectral        exp(-t|k|²)                      FFT/DCT; smooth data
 *   lattice         exp(-tλ), the grid's own chain   FFT/DCT; exact to rounding of the maximum
 *   lattice_exact   e^{-2τ} I_n(2τ) per axis         positive sums; relative accuracy in every cell
 *   gaussian_exact  the continuum kernel             positive sums; relative accuracy in every cell
 */
#pragma once
#include <otto/family.h>
#include <otto/field.h>

/** The heat semigroup on a grid, by one kernel. */
typedef struct _n_OttoHeat *OttoHeat;
/** An initial density as one kernel wants it. */
typedef struct _n_OttoHeatSource *OttoHeatSource;

/** The registry. */
PETSC_EXTERN const OttoFamily OttoHeatFamily;

/** How relative Fisher information is found. */
typedef enum {
  OTTO_FISHER_SPECTRAL, /**< scores ∂p/p from the stored transforms */
  OTTO_FISHER_FD4,      /**< 4th-order differences */
  OTTO_FISHER_EDGE,     /**< Bregman sum over the edges of the grid's own chain */
  OTTO_FISHER_TWEEDIE   /**< scores by Tweedie's formula (gaussian_exact) */
} OttoFisherForm;
/** Their names, NULL at the end. */
PETSC_EXTERN const char *const OttoFisherForms[];
/** The registry. */
PETSC_EXTERN const OttoFamily OttoFisherFamily;

/** Creates a semigroup on a grid that is set up; the kernel is `spectral` until another is named.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoHeatCreate(OttoGrid grid, OttoHeat *heat);
/** Names the kernel. Before OttoHeatSetUp(). OTTO_ERR_INPUT for an unknown name. Not collective. */
PETSC_EXTERN PetscErrorCode OttoHeatSetType(OttoHeat heat, const char *kernel);
/** Reads heat_kernel (the kernel it has: `otto dissipation` begins with auto) and
 * transform_overlap. Not collective. */
PETSC_EXTERN PetscErrorCode OttoHeatSetFromOptions(OttoHeat heat);
/** Whether the functions of a pair, below, send one density while they compute the other (no, until
 * it is asked for): see OttoTransformSetOverlap(). Of the FFT kernels, on several ranks; elsewhere
 * nothing changes. Before set-up or after it. Collective. PETSC_ERR_MEM. */
PETSC_EXTERN PetscErrorCode OttoHeatSetOverlap(OttoHeat heat, PetscBool overlap);
/** Bytes that this takes, at most, a local cell; 0 where it was not asked for or changes nothing.
 * Before set-up too. Not collective. */
PETSC_EXTERN PetscReal OttoHeatOverlapBytes(OttoHeat heat);
/** Collective. OTTO_ERR_INPUT: an `open` axis with an FFT kernel; an `absorbing` axis; lines too
 * long for memory (named). */
PETSC_EXTERN PetscErrorCode OttoHeatSetUp(OttoHeat heat);
/** Frees the kernel; its sources must be gone. Collective. */
PETSC_EXTERN PetscErrorCode OttoHeatDestroy(OttoHeat *heat);

/** Whether the kernel is still to be chosen: by OttoTemperedChoose() for two densities, or by
 * OttoHeatSetUp(), which takes lattice_exact, whose identities hold for any. Not collective. */
PETSC_EXTERN PetscBool OttoHeatIsAuto(OttoHeat heat);

/** Whether OttoHeatSetUp() has succeeded. Not collective. */
PETSC_EXTERN PetscBool OttoHeatIsSetUp(OttoHeat heat);
/** What takes a kernel and returns an error code fails with OTTO_ERR_STATE before. */
#define OttoNeedHeat(heat) OttoNeed(OttoHeatIsSetUp(heat), "OttoHeatSetUp()")

/** Name of the kernel in use. Not collective. */
PETSC_EXTERN const char *OttoHeatGetType(OttoHeat heat);

/** Whether every cell has full relative accuracy (the exact kernels). Not collective. */
PETSC_EXTERN PetscBool OttoHeatIsExact(OttoHeat heat);

/** Whether K_t is the grid's own Markov chain (both lattice kernels): then the edge form of Fisher
 * information closes every identity to rounding. Not collective. */
PETSC_EXTERN PetscBool OttoHeatIsLattice(OttoHeat heat);

/** The form of Fisher information that closes this kernel's identities. Not collective. */
PETSC_EXTERN OttoFisherForm OttoHeatGetFisherForm(OttoHeat heat);
/** Refuses a form that wants another kernel's scores; edge and fd4 serve all. OTTO_ERR_INPUT naming
 * fisher_form. Not collective. */
PETSC_EXTERN PetscErrorCode OttoHeatCheckFisherForm(OttoHeat heat, OttoFisherForm form);

/** On cells of width h: the time before which the kernel means nothing, and that from which on it
 * is good; 0 where any will do. Not collective. */
PETSC_EXTERN void OttoHeatTimes(OttoHeat heat, PetscReal h, PetscReal *first, PetscReal *good);

/** What to do about a check that fails with a kernel. */
typedef struct {
  const char *check;    /**< name of the check */
  const char *sentence; /**< what helps */
} OttoHeatAdvice;
/** Its advice, ended by a NULL. Not collective. */
PETSC_EXTERN const OttoHeatAdvice *OttoHeatGetAdvice(OttoHeat heat);

/** Whether densities at time t can lie below the range of a double, so that logarithms must be
 * carried (log_p below), for data of mass 1. Depends on kernel, grid and t alone; false for FFT
 * kernels and t = 0. Not collective. */
PETSC_EXTERN PetscBool OttoHeatNeedsLog(OttoHeat heat, PetscReal t);

/** Prepares p0 ≥ 0: its forward transform (FFT kernels), or a reference to it (exact kernels; do
 * not change it meanwhile). Collective. p0 may have any mass M = ∫p0 > 0, which K_t keeps (but for
 * what leaves through open axes); accuracies are relative to it. Only OttoHeatNeedsLog(), which
 * asks no data, takes M to be 1: a p0 whose mass is many powers of ten below that may underflow in
 * OttoHeatApply() where it says that logarithms need not be carried. OTTO_ERR_STATE before
 * OttoHeatSetUp(). */
PETSC_EXTERN PetscErrorCode OttoHeatSourceCreate(OttoHeat heat, Vec p0, OttoHeatSource *source);
/** Frees a source. Collective. */
PETSC_EXTERN PetscErrorCode OttoHeatSourceDestroy(OttoHeatSource *source);
/** Bytes this rank holds for a source, without p0 itself. Not collective. */
PETSC_EXTERN size_t OttoHeatSourceBytes(OttoHeatSource source);

/**
 * How rough p0 is on its grid: the largest value of its part in modes above 2/3 of the highest,
 * over all axes, relative to its own maximum. Smooth data have 1e-8 or less, and derivatives by
 * transform then mean something at t = 0. Infinity for the exact kernels, which have no transform.
 * Collective.
 */
PETSC_EXTERN PetscErrorCode OttoHeatRoughness(OttoHeat heat, OttoHeatSource source, Vec p0,
                                              PetscReal *roughness);

/**
 * p = K_t p0, t ≥ 0. Collective. `log_p` is NULL, or a field that receives log p (exact kernels
 * only; -inf where p0 = 0 at t = 0); with it, p may underflow to 0 where log_p is below -745.
 * Accuracy: spectral, lattice: 1e-16 of the maximum; exact kernels: each cell to a few 1e-15 of
 * itself (log_p to 1e-13 + 4 eps |log_p|). gaussian_exact sees cells as atoms at their centres: as
 * a quadrature of smooth data it is spectrally accurate once √(2t) exceeds 1.5 h.
 */
PETSC_EXTERN PetscErrorCode OttoHeatApply(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p,
                                          Vec log_p);

/**
 * OttoHeatApply() of two sources at one time, bit for bit; log_p: NULL, or two fields. The messages
 * of one may be under way while the other is computed: OttoHeatSetOverlap(). Collective.
 */
PETSC_EXTERN PetscErrorCode OttoHeatApplyPair(OttoHeat heat, const OttoHeatSource source[2],
                                              PetscReal t, const Vec p[2], const Vec log_p[2]);

/**
 * log_v = log K_t e^{log_u}, t > 0, logarithms in and out (exact kernels; PETSC_ERR_SUP else): for
 * what no field of numbers can hold, such as e^{f/ε} of a transport potential. log_u is finite or
 * -inf, which is a true zero, and may range over any number of decades and rise by any number from
 * cell to cell; log_v is -inf everywhere where log_u is. It may be the same Vec. Accuracy: 1e-13 +
 * 4 eps max |log_u| and |log_v|, in every cell. Collective. PETSC_ERR_FP: log_u holds NaN or +inf.
 */
PETSC_EXTERN PetscErrorCode OttoHeatApplyLog(OttoHeat heat, Vec log_u, PetscReal t, Vec log_v);

/**
 * score = ∂_axis log p_t, given p (and log_p) of OttoHeatApply() at the same t > 0 (FFT kernels:
 * t = 0 too, for smooth p0). Collective.
 * spectral: ∂p/p from the stored transform (meaningless where p is not resolved). gaussian_exact:
 * Tweedie, -E[(x-y)_axis | x]/(2t), no subtraction of large numbers (Robbins 1956). Lattice kernels
 * have no score: PETSC_ERR_SUP.
 */
PETSC_EXTERN PetscErrorCode OttoHeatScore(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p,
                                          Vec log_p, PetscInt axis, Vec score);

/** OttoHeatScore() of two sources, as OttoHeatApplyPair(). Collective. */
PETSC_EXTERN PetscErrorCode OttoHeatScorePair(OttoHeat heat, const OttoHeatSource source[2],
                                              PetscReal t, const Vec p[2], const Vec log_p[2],
                                              PetscInt axis, const Vec score[2]);

/**
 * rate = (∂_t p_t)/p_t at t > 0 (FFT kernels: t ≥ 0), by the kernel's own generator (spectral and
 * lattice: multiplier -λ exp(-tλ) on the stored transform; lattice_exact: Σ over neighbours of
 * (p_y/p_x - 1)/h²; gaussian_exact: Σ_j E[(x-y)_j² | x]/(4t²) - 1/(2t)), given p (and log_p, where
 * OttoHeatNeedsLog()). Collective. Meaningless where p is not resolved (FFT kernels).
 */
PETSC_EXTERN PetscErrorCode OttoHeatRate(OttoHeat heat, OttoHeatSource source, PetscReal t, Vec p,
                                         Vec log_p, Vec rate);

/** OttoHeatRate() of two sources, as OttoHeatApplyPair(). Collective. */
PETSC_EXTERN PetscErrorCode OttoHeatRatePair(OttoHeat heat, const OttoHeatSource source[2],
                                             PetscReal t, const Vec p[2], const Vec log_p[2],
                                             const Vec rate[2]);

/**
 * Both along one axis, at once (gaussian_exact; PETSC_ERR_SUP else): score = ∂_axis log p_t, and
 * E[(x-y)_axis² | x]/(4t²) - 1/(2t), the axis' part of (∂_t p_t)/p_t, is added to `rate`: a field
 * of zeros at first has all of OttoHeatRate() after the last axis. t > 0, and OttoHeatApply()
 * before at the same t. They are those of OttoHeatScore() and OttoHeatRate() for less: one way
 * through the other axes. Collective.
 */
PETSC_EXTERN PetscErrorCode OttoHeatScoreAndRate(OttoHeat heat, OttoHeatSource source, PetscReal t,
                                                 PetscInt axis, Vec score, Vec rate);

/** Bytes this rank holds for the kernel, without sources. Not collective. */
PETSC_EXTERN size_t OttoHeatBytes(OttoHeat heat);

/** The instruction set that the exact kernels use on this machine, in words: "AVX-512", "AVX2 and
 * FMA", "baseline". OTTO_VECTORS (avx512, avx2, baseline) in the environment limits it. Not
 * collective. */
PETSC_EXTERN const char *OttoHeatVectors(void);
