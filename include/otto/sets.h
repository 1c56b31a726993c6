/** @file
 * Sets of cells by the keys set_a, set_b …: where a passage begins, where it ends.
 */
#pragma once
#include <otto/generator.h>
#include <otto/transfer.h>

/** Most of them: set_a … set_d. */
#define OTTO_SETS 4

/** Sets of a grid's cells, no two of which have a cell in common. */
typedef struct {
  OttoGrid grid;               /**< whose cells they are of; NULL: there is none on this rank */
  PetscInt count;              /**< how many were given, in the order of their letters */
  char letter[OTTO_SETS];      /**< 'a' … of each */
  PetscInt64 cells[OTTO_SETS]; /**< cells of each in the whole grid, closed ones among them until
                                  OttoSetsAdmit() */
  PetscBool on_grid;    /**< a file's are among them: they belong to the cells of this grid */
  Vec label;            /**< k = 1 … count in the cells of set k, 0 in those of none */
  Vec share[OTTO_SETS]; /**< of a cell's volume that is in each, where they are of a finer grid's
                           cells; else NULL */
  Vec middle[OTTO_SETS][OTTO_GENERATOR_MAX_DIM]; /**< where that lies on each axis, from the cell's
                                                    centre in its widths; likewise */
} OttoSets;

/**
 * The sets of the options; any may be absent. A cell is in set_a where the formula set_a, of its
 * centre, is above 0 (comparisons and && || are 1 where they hold), or where dataset set_a_dataset
 * of the HDF5 file set_a_path, of shape grid_n, is above 0. Collective. OTTO_ERR_INPUT, naming the
 * key: a formula that does not parse or is nan at a centre; a file or a dataset that cannot be
 * read, of another shape, or with nan; a formula and a file; two sets with a cell in common.
 */
PETSC_EXTERN PetscErrorCode OttoSetsFromOptions(OttoGrid grid, OttoSets *sets);

/** The same sets on a coarser grid of OttoGridCoarsen() (NULL on ranks without, where *coarse has
 * the names alone): by the options, or, where one is a file's, of the cells that have at least half
 * of their volume in a set. Collective on the fine grid's ranks; OTTO_ERR_INPUT, on those with the
 * coarse grid. */
PETSC_EXTERN PetscErrorCode OttoSetsCoarsen(const OttoSets *fine, OttoTransfer transfer,
                                            OttoGrid grid, OttoSets *coarse);

/** Whether they are the same points of space on both grids: sets end at faces of the coarse cells.
 * Collective on the fine grid's ranks. */
PETSC_EXTERN PetscErrorCode OttoSetsAreSame(const OttoSets *fine, OttoTransfer transfer,
                                            const OttoSets *coarse, PetscBool *same);

/** Where sets end between the centres of cells of one and of none, by the formulas, which know
 * (files' sets end at faces, those of a finer grid's cells where these do in the two
 * them): fields end[dim], shares of the way from a cell to its upper neighbour
 * as OttoGeneratorSetTargetEnds() has them, 1/2 on all other edges; NULL: not wanted. *off: the
 * furthest that one ends from a face, in edges that the generator has; 0 where all are at faces but
 * for rounding. *drive ≥ 0: the largest force into a set, over the edge on which it ends,
 * log(Q_xy/Q_yx). Collective. */
PETSC_EXTERN PetscErrorCode OttoSetsFindEnds(const OttoSets *sets, OttoGenerator generator,
                                             Vec end[], PetscReal *off, PetscReal *drive);

/** Frees them. Collective. */
PETSC_EXTERN PetscErrorCode OttoSetsDestroy(OttoSets *sets);

/** The label of the set of this letter; 0 where it was not given. Not collective. */
PETSC_EXTERN PetscInt OttoSetsFind(const OttoSets *sets, char letter);

/** Takes the generator's closed cells out of the sets; its targets are not set yet. Collective.
 * OTTO_ERR_INPUT, naming the key: no cell, or no open one, is in a set; the sets have all open
 * cells. */
PETSC_EXTERN PetscErrorCode OttoSetsAdmit(OttoSets *sets, OttoGenerator generator);

/** Looks between centres of cells for parts of sets by formulas, and of walls (an inf in the
 * potential's), that are thinner than a cell and that no cell has. *tips: at how many edges there
 * are, few enough to be corners; place[size]: the first of them, in words. The generator has no
 * targets. Collective. OTTO_ERR_INPUT, naming the key and where: on one axis any, on more as many
 * as a twentieth of the edges at which the set or wall ends. */
PETSC_EXTERN PetscErrorCode OttoSetsThin(const OttoSets *sets, OttoGenerator generator,
                                         PetscInt64 *tips, char place[], size_t size);

/** Makes targets of the sets whose labels are listed, the i-th listed target i + 1: of all others
 * the cells are as any. Collective. OTTO_ERR_INPUT, naming sets: one that has no face in common
 * with an open cell, or that nothing leads into; open cells (how many, and one of them) from which
 * neither a target nor an absorbing face can be reached: closed ones lie between, or transport
 * leads away. */
PETSC_EXTERN PetscErrorCode OttoSetsTarget(const OttoSets *sets, PetscInt count,
                                           const PetscInt labels[], OttoGenerator generator);

/** Refuses sets of which the second cannot be reached from the first, over whatever other sets: no
 * rates lead from one to the other. labels of both. Takes the generator's targets off. Collective;
 * OTTO_ERR_INPUT, naming both. */
PETSC_EXTERN PetscErrorCode OttoSetsLead(const OttoSets *sets, PetscInt from, PetscInt to,
                                         OttoGenerator generator);

/** Refuses two sets of which cells lie side by side, between which nothing would separate what is
 * different. labels of both. Collective; OTTO_ERR_INPUT, naming both and where. */
PETSC_EXTERN PetscErrorCode OttoSetsApart(const OttoSets *sets, PetscInt one, PetscInt other);
