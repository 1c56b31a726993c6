/** @file
 * The Markov generator Q of a Fokker–Planck equation on the grid,
 *
 *   ∂_t ρ = ∇·( M (T ∇ρ - ρ b) ),   b = -∇V + f,   M = diag(mobility),
 *
 * as rates between neighbouring cells (Scharfetter and Gummel 1969;
 * MATHEMATICS 4.3): with z = b·h/T over the edge
 * from x up to y, Q_xy = (M T/h²) B(-z), Q_yx = (M T/h²) B(z), B(z) = z/(e^z - 1). The conservative
 * part of z is (V_x - V_y)/T, so that exp(-V/T) is stationary exactly and detailed balance holds
 * edge by edge; f is taken at the face. Second order in h; positive rates at any Péclet number.
 *
 * M may depend on place. The flux is then that of a convention for its noise (OttoNoise),
 *
 *   J_j = M_j b_j ρ - D_j^(1-a) ∂_j(D_j^a ρ) = M_j ((b_j - a T ∂_j log M_j) ρ - T ∂_j ρ),   D = M
 * T:
 *
 * a face takes the harmonic mean of its two cells' M, and z has -a (log M_y - log M_x) beside the
 * rest. Where M is one function of place, but for a factor an axis, that is the difference of a
 * potential: then a T log M (M of the first axis that has more than one cell) is part of V, and
 * exp(-V/T)/M^a is stationary exactly with detailed balance edge by edge; V is this sum wherever
 * this header speaks of it. Elsewhere it counts as drift.
 *
 * T may depend on place too: in the flux D = M T(x) of the convention, in z the forces over the T
 * of the edge, whose 1/T is the mean of its cells', and -a (log D_y - log D_x). There is no Gibbs
 * state: V, drift and noise count as drift, and T stands for the mean over the cells wherever this
 * header speaks of it, a unit for V.
 *
 * A velocity u is transport beside this, which no mobility multiplies: J_j += u_j ρ. An axis that
 * it moves along may have the mobility 0 (a kinetic, degenerate equation; not all axes). Two kinds:
 *
 *   hamiltonian: u = (∂_2 V, -∂_1 V) of the potential, axis 1 a position and axis 2 its momentum,
 *     for mass 1 its velocity (Kramers 1940: V = v²/2 + U(x), mobility 0 and γ). The flux Φ through
 *     a face is a difference of ψ = T exp(-V/T) between its corners (ψ = 0 at walls: what comes
 *     there turns round, as in front of a potential that rises at once), and with K = π_x Q_xy of
 *     the edge without it Q_xy becomes (K/π_x) B(-Φ/K), Q_yx (K/π_y) B(Φ/K), π = exp(-V/T): π stays
 *     stationary exactly, without detailed balance.
 *   formula: any field, at the faces. Along an axis that diffuses it is a drift u/M. Elsewhere
 *     upwind, Q_xy = max(u, 0)/h, Q_yx = max(-u, 0)/h.
 *
 * Along an axis of mobility 0 (K → 0, likewise the limit of the first) edges lead one way only:
 * force is ±inf, entropy that is produced there is infinite, heat and the work of u not defined.
 * Rates stay positive, and of such an axis the scheme is of first order (Godunov 1959), of others
 * of second. With a velocity the noise's a T log M is never part of V.
 *
 * Type metric is the heat flow of a Riemannian metric g instead, of p = u √g, per volume of the
 * box:
 *
 *   ∂_t p = ∂_i( √g g^{ij} ∂_j (p/√g) ),
 *
 * g diagonal at the faces (MATHEMATICS 14.2): the conductance of a face is c = (√g g^{jj}) there
 * over h², Q_xy = c/√g_x, Q_yx = c/√g_y, √g at centres. Mass is kept, rates are positive, √g is
 * stationary exactly with detailed balance: V = -log √g and T = 1. Second order. An absorbing face
 * has conductance 2c.
 *
 * Boundaries: periodic; no-flux; absorbing (both faces of an axis, or one): the density vanishes at
 * the face, h/2 beyond the last centre, and mass leaves at the rate (2 M T/h²) B(-z/2) with z of
 * the nearest inner edge (V is extended linearly) and f at the face. Grids of 1 to 3 axes.
 *
 * Targets are sets of cells that take what reaches them, as absorbing faces do: a set ends at the
 * face between its cells and those beside it, where the density vanishes. With z of the edge
 * between them the rate over the half of it up to that face is 2 (M T/h²) B(-z/2) = Q_xy + √(Q_xy
 * Q_yx): two such halves in a row are the edge, exactly, and with the face's midpoint as a state of
 * no volume the chain is the one without targets.
 *
 * Closed cells, where V is +inf, are no states: no edge leads to them, densities are 0 there and
 * stay so. So are those of targets. A periodic axis of one cell has a loop, from the cell round to
 * itself; an axis of two has two edges between the same pair.
 */
#pragma once
#include <otto/metric.h>
#include <otto/potential.h>
#include <petscmat.h>

/** Most axes of a generator's grid. */
#define OTTO_GENERATOR_MAX_DIM 3

/** A Markov generator on a grid. */
typedef struct _n_OttoGenerator *OttoGenerator;

/** Where in a step of the noise its strength is taken: a = 0, 1/2, 1 of the flux above is half the
 * number. Klimontovich 1990 (its end: exp(-V/T) stays), Stratonovich 1966 (middle), Ito 1951
 * (start). All the same where M is constant. */
typedef enum { OTTO_NOISE_KLIMONTOVICH, OTTO_NOISE_STRATONOVICH, OTTO_NOISE_ITO } OttoNoise;
/** Their names, NULL-terminated. */
PETSC_EXTERN const char *const OttoNoiseNames[];

/** What a cell loses a unit of time and mass by a face of it that absorbs. */
typedef struct {
  PetscInt64 cell; /**< own cell */
  PetscInt face;   /**< OTTO_FACE(axis, side) of the box; of target k = 1 …: OTTO_FACES + k - 1 */
  PetscInt through; /**< OTTO_FACE(axis, side) of the cell; of a face of the box that of `face` */
  PetscReal rate;   /**< > 0 */
} OttoLoss;
/** Number of a face of the box: side -1 the lower, 1 the upper one of the axis. */
#define OTTO_FACE(axis, side) (2 * (axis) + ((side) > 0))
/** Most of them. */
#define OTTO_FACES (2 * OTTO_GENERATOR_MAX_DIM)

/** The rates at the time last set; read-only, indexed by a cell's local number, each edge under its
 * lower cell; 0 where there is no edge. On the axes that have ghosts (otto/halo.h) entries of the
 * lower ones follow the own cells': the edges that lead into the rank's box. A rate may underflow
 * to 0 in one direction (|z| > 700): `force` then still says what it is, ±inf where it is 0. */
typedef struct {
  const PetscReal *up[OTTO_GENERATOR_MAX_DIM];   /**< from the cell to its upper neighbour */
  const PetscReal *down[OTTO_GENERATOR_MAX_DIM]; /**< from the upper neighbour back */
  const PetscReal
      *force[OTTO_GENERATOR_MAX_DIM]; /**< z = log(up/down), true where a rate underflows */
  const PetscReal *work[OTTO_GENERATOR_MAX_DIM]; /**< conservative part of z: (V_x - V_y)/T */
  const PetscReal *killed; /**< [local_cells] rate of absorption; NULL without absorbing faces */
  PetscInt64 losses;       /**< entries of loss: absorbing faces of own open cells */
  const OttoLoss *loss;    /**< [losses] what makes up `killed` */
  const PetscReal *leave;  /**< [local_cells] total rate out of the cell, absorption included */
} OttoRates;

/** Creates a generator; the grid must be set up. Collective. OTTO_ERR_INPUT: more than 3 axes, an
 * open axis. */
PETSC_EXTERN PetscErrorCode OttoGeneratorCreate(OttoGrid grid, OttoGenerator *generator);
/** Frees a generator. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorDestroy(OttoGenerator *generator);

/** The registry of types: where rates come from. */
PETSC_EXTERN const OttoFamily OttoGeneratorFamily;
/** Names the type (fokker_planck, which it is from the start). Before all else is set. Collective.
 * OTTO_ERR_INPUT: there is none of that name. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetType(OttoGenerator generator, const char *type);
/** Name of the type. Not collective. */
PETSC_EXTERN const char *OttoGeneratorGetType(OttoGenerator generator);

/** Of type metric: the metric, which must outlive the generator. Before OttoGeneratorSetUp(); else
 * it is made by OttoGeneratorSetFromOptions(). Not collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetMetric(OttoGenerator generator, OttoMetric metric);
/** Of type fokker_planck: T > 0 (default 1), in units of energy; mobility[dim] ≥ 0 (default 1), 0
 * with a velocity alone. Diffusion along axis j is mobility[j]·T. Before OttoGeneratorSetUp(). Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetTemperature(OttoGenerator generator, PetscReal T,
                                                        const PetscReal mobility[]);
/** Of type fokker_planck: a mobility that depends on place, mobility[dim] fields, which are copied,
 * in place of the numbers of OttoGeneratorSetTemperature(); values in closed cells do not count.
 * Before OttoGeneratorSetUp(), which refuses values that are not above 0 or not finite, but for an
 * axis that has 0 everywhere. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetMobility(OttoGenerator generator, const Vec mobility[]);
/** Of type fokker_planck: a drift that is known in cells, its components f[dim] in energy per
 * length, which are copied, instead of that of the options: before OttoGeneratorSetFromOptions().
 * Collective.
 */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetDrift(OttoGenerator generator, const Vec f[]);
/** Component `axis` of such a drift; NULL of any other. Not collective. */
PETSC_EXTERN Vec OttoGeneratorGetDriftCells(OttoGenerator generator, PetscInt axis);
/** Of type fokker_planck: the convention (klimontovich). Before OttoGeneratorSetUp(). Not
 * collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetNoise(OttoGenerator generator, OttoNoise noise);
/** Reads, of type fokker_planck, temperature (1) or temperature_formula (of x, y, z), noise
 * (klimontovich) and mobility (1; per axis or one for all), or one that depends on place (unless
 * one has been set): mobility_formula (one component for all axes or one per axis) at the cells'
 * centres, or mobility_dataset (likewise one name or one per axis) of mobility_path; velocity_type
 * (none; hamiltonian, formula) and velocity_formula (one component per axis, of x, y, z and t),
 * which alone is enough; and the potential and drift of the options; of type metric the metric of
 * the options. OTTO_ERR_INPUT: T not above 0, or given twice, a mobility below 0, two of the three
 * mobilities, hamiltonian on one axis, a formula that does not parse, a file that cannot be read.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetFromOptions(OttoGenerator generator);
/** The potential the options describe; NULL before OttoGeneratorSetFromOptions(), and of other
 * types than fokker_planck. Not collective. */
PETSC_EXTERN OttoPotential OttoGeneratorGetPotentialSource(OttoGenerator generator);
/** Computes the rates at t = 0. Collective. OTTO_ERR_INPUT: V (but for +inf, in closed cells), f or
 * u not finite somewhere (coordinates and value named), a mobility or a temperature in an open cell
 * not finite or not above 0 (likewise), rates beyond the doubles, no cell open; the mobility 0 on
 * all axes, or along one with a drift or without a velocity, or a velocity there that leads into a
 * wall; a metric that is not diagonal at a face. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetUp(OttoGenerator generator);
/** Moves to time t: computes the rates again where potential or drift depend on time. Collective.
 * OTTO_ERR_NUMERICAL, the same on all ranks: not finite somewhere (named with key, coordinates and
 * t), or other cells closed than before; the rates are then of no time until another is set. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetTime(OttoGenerator generator, PetscReal t);

/** Makes sets of cells targets: label, a field, is k = 1 … count in the open cells of set k and 0
 * in those of none (copied; NULL: no targets from now on). Before OttoGeneratorSetUp() or after:
 * the rates are then computed again. Collective. OTTO_ERR_INPUT: other labels; no cell is left
 * open. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetTargets(OttoGenerator generator, PetscInt count,
                                                    Vec label);
/** Has targets end elsewhere than at faces of cells: of the edge from a cell to its upper neighbour
 * on axis j one of which is a target's, the target ends at the share end[j], a field, of the way up
 * (0 to 1, of which a thousandth is left at least; 1/2: at the face). The other cell keeps its
 * volume (Gibou and others 2002) and is lost at a rate over what is left of the edge, for θ of it
 * Q_xy + √(Q_xy Q_yx) (1 - θ)/θ: as at faces, with the end as a state of no volume the chain is the
 * one without targets, and reversed it is the reversed one. Of second order; but along a force that
 * cells are too coarse for it is Q_xy whatever θ. `swift`: the rate against a force is that over an
 * edge of the length, Q_xy (1 - r)/(1 - r^θ), r = Q_yx/Q_xy ≥ 1, and along one (Q_xy + √(Q_xy
 * Q_yx))/(1 + (θ - 1/2)(1 + √r)), by which times grow as the way does; what passes between sets is
 * then not the same by rates and by times. The fields are referenced and must not change; NULL:
 * faces, as from the start. Rates are computed again. Before OttoGeneratorSetUp() or after.
 * Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetTargetEnds(OttoGenerator generator, const Vec end[],
                                                       PetscBool swift);
/** Has edges lead better or worse than what cells know says: the rates both ways of the edge from a
 * cell to its upper neighbour on axis j are factor[j], a field (above 0), times what they are
 * otherwise; forces and exp(-V/T) stay. The fields are referenced and must not change; NULL: 1, as
 * from the start. Rates are computed again. Not with a hamiltonian velocity, whose flows no factor
 * keeps. Before OttoGeneratorSetUp() or after. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetConduction(OttoGenerator generator, const Vec factor[]);
/** These factors of an axis; NULL: 1. Do not change them. Not collective. */
PETSC_EXTERN Vec OttoGeneratorGetConduction(OttoGenerator generator, PetscInt axis);
/** The labels, a field; NULL without targets. Do not change it. Not collective. */
PETSC_EXTERN Vec OttoGeneratorGetTargetLabels(OttoGenerator generator);
/** How many sets are targets. Not collective. */
PETSC_EXTERN PetscInt OttoGeneratorGetTargets(OttoGenerator generator);

/** Whether OttoGeneratorSetUp() has succeeded. Not collective. */
PETSC_EXTERN PetscBool OttoGeneratorIsSetUp(OttoGenerator generator);
/** What takes a generator and returns an error code fails with OTTO_ERR_STATE before; rates,
 * potential and closed cells are NULL or 0. */
#define OttoNeedGenerator(generator)                                                               \
  OttoNeed(OttoGeneratorIsSetUp(generator), "OttoGeneratorSetUp()")

/** The time last set. Not collective. */
PETSC_EXTERN PetscReal OttoGeneratorGetTime(OttoGenerator generator);
/** A number that changes whenever the rates do. Not collective. */
PETSC_EXTERN PetscInt64 OttoGeneratorState(OttoGenerator generator);
/** The grid it lives on. Not collective. */
PETSC_EXTERN OttoGrid OttoGeneratorGetGrid(OttoGenerator generator);
/** The rates at the time last set; valid until that changes. Not collective. */
PETSC_EXTERN const OttoRates *OttoGeneratorGetRates(OttoGenerator generator);
/** The temperature of place, a field; NULL where it is one number. Do not change it. Not
 * collective.
 */
PETSC_EXTERN Vec OttoGeneratorGetTemperatureField(OttoGenerator generator);
/** Gives its values, which are copied: in place of a temperature_formula's, between
 * OttoGeneratorSetFromOptions() and OttoGeneratorSetUp(). Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSetTemperatureField(OttoGenerator generator, Vec T);
/** T, in units of energy. Not collective. */
PETSC_EXTERN PetscReal OttoGeneratorGetTemperature(OttoGenerator generator);
/** D/h² of an axis, D = mobility·T; where it depends on place that of the mobility's geometric mean
 * over open cells; of type metric the mean of what rates of its edges are. Not collective. */
PETSC_EXTERN PetscReal OttoGeneratorCoupling(OttoGenerator generator, PetscInt axis);
/** The smallest and the largest D/h² of an axis in an open cell; of type metric both the mean. Not
 * collective. */
PETSC_EXTERN void OttoGeneratorCouplingRange(OttoGenerator generator, PetscInt axis,
                                             PetscReal range[2]);
/** D/h² of an axis in an own cell: that of its loop. Not collective. */
PETSC_EXTERN PetscReal OttoGeneratorCouplingAt(OttoGenerator generator, PetscInt axis,
                                               PetscInt64 cell);
/** The mobility along an axis, a field, which stands for nothing in closed cells; NULL where it
 * does not depend on place. Do not change it. Not collective. */
PETSC_EXTERN Vec OttoGeneratorGetMobility(OttoGenerator generator, PetscInt axis);
/** Whether it belongs to the cells of this grid, as a file's does: on any other it has to be given.
 * Not collective. */
PETSC_EXTERN PetscBool OttoGeneratorMobilityIsOnGrid(OttoGenerator generator);
/** The convention. Not collective. */
PETSC_EXTERN OttoNoise OttoGeneratorGetNoise(OttoGenerator generator);
/** Whether a T log M, other than 0, is part of V. Not collective. */
PETSC_EXTERN PetscBool OttoGeneratorIsBiased(OttoGenerator generator);
/** V as it stands without a T log M. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorUnbiasedPotential(OttoGenerator generator, Vec V);
/** OttoPotentialPeek() of the potential of the options, and a T log M. Of type fokker_planck. Not
 * before OttoGeneratorSetUp(). Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorPeekPotential(OttoGenerator generator, PetscReal t, Vec V);
/** Registry name of the velocity: hamiltonian or formula; "none" without one. Not collective. */
PETSC_EXTERN const char *OttoGeneratorGetVelocityType(OttoGenerator generator);
/** largest[dim]: the largest |M f + u| over the edges of every axis, in length per time; 0 without
 * drift and velocity. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorLargestSpeed(OttoGenerator generator, PetscReal largest[]);
/** largest[dim]: the largest |f h/T| over the edges of every axis, that of a velocity u being u/M
 * (infinite where M is 0); 0 without drift and velocity. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorLargestDrift(OttoGenerator generator, PetscReal largest[]);
/** How steep forces are on this grid: the largest |z| over an edge that leads both ways (the cell
 * Péclet number, drift and a formula's velocity included; with a hamiltonian one, which turns round
 * at walls on any grid, of V alone), and the largest |ΔV|/T. Above 2 the chain is not near the
 * continuum. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorSteepness(OttoGenerator generator, PetscReal *peclet,
                                                   PetscReal *step);
/** Whether an axis is periodic and has one cell. Its loops' z = f h/T stands in rates->force, no
 * rate in up, down or leave: a loop moves nothing, its current is p (D/h²) z
 * (OttoGeneratorCouplingAt()). Not collective. */
PETSC_EXTERN PetscBool OttoGeneratorHasLoops(OttoGenerator generator, PetscInt axis);
/** The potential as it stands, one finite value per cell (closed cells: the largest of the open
 * ones); do not change it. Not collective. */
PETSC_EXTERN Vec OttoGeneratorGetPotential(OttoGenerator generator);
/** The constant force [dim] that stands for slopes of the potential (potential_seam drift). Not
 * collective. */
PETSC_EXTERN const PetscReal *OttoGeneratorGetTilt(OttoGenerator generator);

/** 1 in open cells, 0 in closed ones and in targets; NULL where all are open. Do not change it. Not
 * collective. */
PETSC_EXTERN Vec OttoGeneratorGetOpen(OttoGenerator generator);
/** Closed cells in the whole grid, those of targets among them. Not collective. */
PETSC_EXTERN PetscInt64 OttoGeneratorGetClosed(OttoGenerator generator);
/** Connected parts of the open cells, by edges whatever their rates (closed cells may cut the box).
 * Mass is conserved in each. Not collective. */
PETSC_EXTERN PetscInt OttoGeneratorGetComponents(OttoGenerator generator);
/** Number of the part, from 0 on, that every local cell is of, -1 where it is closed; NULL where
 * all are open. Not collective. */
PETSC_EXTERN const PetscInt *OttoGeneratorGetComponent(OttoGenerator generator);
/**
 * Refuses a density with mass in closed cells, or takes it out and scales the rest to the mass
 * there was, as `<prefix>closed` says (refuse); *outside: the share of the mass in closed cells.
 * Collective. OTTO_ERR_INPUT naming that share, the number of cells and the heaviest.
 */
PETSC_EXTERN PetscErrorCode OttoGeneratorAdmit(OttoGenerator generator, const char *prefix,
                                               Vec density, PetscReal *outside);
/** Smallest value of a density in an open cell. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorLeast(OttoGenerator generator, Vec density,
                                               PetscReal *least);
/** Gives a steady state, and its logarithm, in every connected part the mass that p has there: that
 * of them which p tends to. Leaves them alone where all is connected. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorWeigh(OttoGenerator generator, Vec p, Vec pi, Vec log_pi);
/** What was done to the data of the potential's file. Not collective. */
PETSC_EXTERN const OttoInput *OttoGeneratorGetPotentialInput(OttoGenerator generator);
/** Registry name of the potential. Not collective. */
PETSC_EXTERN const char *OttoGeneratorGetPotentialType(OttoGenerator generator);
/** Registry name of the drift; "none" without one. Not collective. */
PETSC_EXTERN const char *OttoGeneratorGetDriftType(OttoGenerator generator);
/** No drift nor velocity, nor a temperature of place, nor a tilt of the potential, nor one of the
 * noise that is no gradient: detailed balance holds with respect to exp(-V/T). Not collective. */
PETSC_EXTERN PetscBool OttoGeneratorIsConservative(OttoGenerator generator);
/** Whether exp(-V/T) is stationary where nothing absorbs: conservative, or driven by a hamiltonian
 * velocity and by nothing else. Not collective. */
PETSC_EXTERN PetscBool OttoGeneratorKeepsGibbs(OttoGenerator generator);
/** Whether some axis has the mobility 0, so that edges along it lead one way only. Not collective.
 */
PETSC_EXTERN PetscBool OttoGeneratorIsOneWay(OttoGenerator generator);
/** Whether potential, drift or velocity depend on time. Not collective. */
PETSC_EXTERN PetscBool OttoGeneratorIsTimeDependent(OttoGenerator generator);
/** Whether some face or a target absorbs. Not collective. */
PETSC_EXTERN PetscBool OttoGeneratorIsAbsorbing(OttoGenerator generator);
/** ‖Q‖₁ = 2 max over cells of the rate out. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorNorm(OttoGenerator generator, PetscReal *norm);

/** rate = Qᵀ p (absorption included), matrix-free: one pass, a halo of one plane, every current
 * added once and subtracted once. p and rate: fields. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorApply(OttoGenerator generator, Vec p, Vec rate);

/** rate = Q u, of functions of the place a chain starts from: Σ_y Q_xy (u_y - u_x) - killed_x u_x,
 * in differences; noise (a field; may be NULL): the magnitudes of its terms, summed. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorApplyBackward(OttoGenerator generator, Vec u, Vec rate,
                                                       Vec noise);

/** inflow_y = Σ_x Q_xy p_x: what arrives in a cell, the gain of Qᵀp without its loss. No
 * cancellation for p ≥ 0. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorInflow(OttoGenerator generator, Vec p, Vec inflow);

/** density = exp(-V/T) normalised to mass 1, 0 in closed cells; log_density (may be NULL) its
 * logarithm, finite where the density underflows, -inf in closed cells. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorGibbs(OttoGenerator generator, Vec density,
                                               Vec log_density);

/**
 * M = W⁻¹ Qᵀ W as a PETSC AIJ matrix on the grid's layout, rows and columns numbered as the cells.
 * Collective. `gibbs`: W = exp(-V/2T), which makes M symmetric where the drift is conservative and
 * is formed edge by edge without a large number; otherwise W = 1. `*M` NULL: created; else
 * refilled.
 */
PETSC_EXTERN PetscErrorCode OttoGeneratorAssemble(OttoGenerator generator, PetscBool gibbs, Mat *M);
/** Q itself, of functions of the place a chain starts from, likewise. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorAssembleBackward(OttoGenerator generator, Mat *M);

/** Mass absorbed per unit time from density p: Σ killed_x p_x h^d. Collective. */
PETSC_EXTERN PetscErrorCode OttoGeneratorEscape(OttoGenerator generator, Vec p, PetscReal *rate);

/** Bytes this rank holds. Not collective. */
PETSC_EXTERN size_t OttoGeneratorBytes(OttoGenerator generator);
