/* Keys that several potentials read, and how a message names them. */
#include "potential_impl.h"
#include <math.h>
#include <stdio.h>

PetscErrorCode OttoPotentialGetSpring(const OttoGridInfo *g, PetscReal k[], PetscReal c[])
{
  PetscFunctionBegin;
  for (PetscInt j = 0; j < g->dim; j++) {
    k[j] = 1;
    c[j] = 0;
  }
  PetscCall(OttoOptionsGetAxisReals(NULL, "potential_stiffness", g->dim, k, NULL));
  PetscCall(OttoOptionsGetAxisReals(NULL, "potential_center", g->dim, c, NULL));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPotentialFormatOrigin(OttoPotential s, char text[], size_t size)
{
  const char *given = NULL;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(NULL, s->ops->key, &given));
  if (given)
    snprintf(text, size, "%s: '%.200s'", s->ops->key, given);
  else
    snprintf(text, size, "potential_type: '%s'", s->type);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoPotentialGetSeam(OttoSeam *seam)
{
  static const char *const names[] = {"refuse", "wall", "drift", "image", NULL};
  PetscInt index = 0;

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetChoice(NULL, "potential_seam", names, &index, NULL));
  *seam = (OttoSeam)index;
  PetscFunctionReturn(0);
}

PetscReal OttoPotentialDistance(const OttoGridInfo *g, OttoSeam seam, PetscInt axis, PetscReal x,
                                PetscReal c)
{
  const PetscReal length = g->upper[axis] - g->lower[axis], d = x - c;

  if (seam != OTTO_SEAM_IMAGE || g->boundary[axis] != OTTO_BOUNDARY_PERIODIC) return d;
  return d - length * round(d / length);
}
