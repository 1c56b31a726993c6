/* Private to generator*.c: the table of operations each type fills, and what generators share. */
#pragma once
#include <otto/generator.h>
#include "grid/edges.h"

#define DIM OTTO_GENERATOR_MAX_DIM

/* A type of generator: where its rates come from. */
typedef struct {
  const char *name;
  PetscErrorCode (*create)(OttoGenerator); /* s->data */
  PetscErrorCode (*set_from_options)(OttoGenerator);
  PetscErrorCode (*setup)(OttoGenerator); /* at t = 0: s->V, s->room, whether it is driven */
  PetscErrorCode (*move)(OttoGenerator);  /* to time s->t: s->V; of those that move */
  PetscBool (*moves)(OttoGenerator);      /* with time */
  /* up, down, force and work of all edges and loops between cells of s->room, whatever is a target;
   * what faces of the box absorb; failure is agreed by all ranks */
  PetscErrorCode (*fill)(OttoGenerator);
  PetscReal (*coupling)(OttoGenerator, PetscInt axis); /* OttoGeneratorCoupling() */
  /* OttoGeneratorCouplingRange() and OttoGeneratorCouplingAt(); NULL: of `coupling` */
  void (*coupling_range)(OttoGenerator, PetscInt axis, PetscReal range[2]);
  PetscReal (*coupling_at)(OttoGenerator, PetscInt axis, PetscInt64 cell);
  /* at which own cell `cell` loses mass by the lower (side -1) or upper face of the box, which
   * absorbs; once V and the rates of inner edges stand */
  PetscErrorCode (*face_rate)(OttoGenerator, PetscInt64 cell, PetscInt axis, int side,
                              PetscReal *rate);
  size_t (*bytes)(OttoGenerator); /* that `data` holds on this rank; NULL: next to none */
  PetscErrorCode (*destroy)(OttoGenerator);
} OttoGeneratorOps;

struct _n_OttoGenerator {
  const OttoGeneratorOps *ops;
  void *data; /* the type's own */
  OttoGrid grid;
  const OttoGridInfo *g;
  PetscBool driven, absorbs, is_setup; /* absorbs: some face of the box; driven: detailed balance
                                          with exp(-V/T) does not hold */
  PetscBool stirred, keeps, one_way;   /* by a hamiltonian velocity; exp(-V/T) is stationary though
                                          driven; along some axis there is nothing but transport */
  PetscReal T, t;
  PetscInt64 state;
  Vec V;               /* finite; in closed cells the largest of the open ones */
  Vec room;            /* 0 where a cell is closed by V, else 1; NULL: all open */
  Vec open;            /* 0 in targets as well; NULL: all open */
  PetscInt64 closed;   /* cells that are not open, in the whole grid */
  PetscInt targets;    /* sets */
  Vec label;           /* of every cell: its target, 0: none; NULL: there are none */
  Vec end[DIM];        /* where they end along edges, by the lower cell; NULL: at faces */
  PetscBool swift;     /* rates there are right for times along strong forces */
  Vec conduction[DIM]; /* factors of rates, by the lower cell; NULL: 1 */
  PetscInt components; /* connected parts of the open cells */
  PetscInt *component; /* of every local cell, -1 where closed; NULL: all open */
  OttoHalo halo;
  PetscReal *up[DIM], *down[DIM], *force[DIM], *work[DIM]; /* as in OttoRates */
  PetscReal *killed, *leave;
  PetscInt64 losses;
  OttoLoss *loss; /* [losses] with room for all absorbing faces, of closed cells too */
  OttoRates rates;
};

/** Takes the closed cells (+inf) out of s->V, at set-up into s->room; later they must be the same.
 * Collective; OTTO_ERR_INPUT: none is open; OTTO_ERR_NUMERICAL: others than before. */
PETSC_INTERN PetscErrorCode OttoGeneratorFindClosed(OttoGenerator s);
/** s->open and s->closed, of s->room and s->label. Collective; OTTO_ERR_INPUT: nothing is left. */
PETSC_INTERN PetscErrorCode OttoGeneratorFindOpen(OttoGenerator s);
/** Refuses labels that are not 0 … count. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoGeneratorCheckLabels(OttoGenerator s, PetscInt count, Vec label);
/** Faces that open own cells have in common with targets. Collective. */
PETSC_INTERN PetscErrorCode OttoGeneratorTargetFaces(OttoGenerator s, PetscInt64 *count);
/** Rates of edges are s->conduction times as large. After the type's fill. Collective. */
PETSC_INTERN PetscErrorCode OttoGeneratorConduct(OttoGenerator s);
/** Edges to targets become losses, and targets lose nothing. After the type's fill. Collective. */
PETSC_INTERN PetscErrorCode OttoGeneratorTakeTargets(OttoGenerator s);
/** Open cells, parts and rates with the targets as they are. Collective; OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoGeneratorFollowTargets(OttoGenerator s);
/** Numbers the connected parts of the open cells, by edges, whatever their rates. Collective. */
PETSC_INTERN PetscErrorCode OttoGeneratorFindComponents(OttoGenerator s);

/** Midpoint of the face above cell `cell`, below its neighbour y, on `axis`; one of them is the
 * rank's own. The same number on every rank. Not collective. */
PETSC_INTERN void OttoGeneratorFacePoint(const OttoGridInfo *g, PetscInt64 cell, PetscInt64 y,
                                         PetscInt axis, PetscReal x[]);
/** Absorbing faces of own cells. Not collective. */
PETSC_INTERN PetscInt64 OttoGeneratorAbsorbingFaces(const OttoGridInfo *g);
/** s->loss and s->killed of open cells, by the type's face_rate. Not collective. */
PETSC_INTERN PetscErrorCode OttoGeneratorFillKilled(OttoGenerator s, const PetscReal open[]);

/* A periodic axis of one cell. */
static inline PetscBool OttoAxisHasLoops(const OttoGridInfo *g, PetscInt axis)
{
  return g->n[axis] == 1 && g->boundary[axis] == OTTO_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
}

#define OTTO_MEMBER(name, Ops, ...) PETSC_INTERN const OttoGeneratorOps OttoGeneratorOps_##Ops;
#include "generator.def"
#undef OTTO_MEMBER
