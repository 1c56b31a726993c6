/* Keys that several densities read. */
#include "density_impl.h"
#include <stdio.h>
#include <string.h>

PetscErrorCode OttoDensityGetText(const char *prefix, const char *key, const char *what,
                                  const char **text)
{
  PetscFunctionBegin;
  PetscCall(OttoOptionsGetText(prefix, key, text));
  OttoCheckInput(*text && (*text)[0], "%s%s: missing; give %s", prefix, key, what);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoDensityCheckInside(const OttoGridInfo *g, const char *what, const PetscReal x[])
{
  char point[160], lower[160], upper[160];
  PetscBool inside;

  PetscFunctionBegin;
  OttoGridLocate(g, x, &inside);
  if (inside) PetscFunctionReturn(0);
  OttoGridFormatPoint(g->dim, x, point, sizeof point);
  OttoGridFormatPoint(g->dim, g->lower, lower, sizeof lower);
  OttoGridFormatPoint(g->dim, g->upper, upper, sizeof upper);
  OttoFail(OTTO_ERR_INPUT, "%s %s lies outside the box from %s to %s", what, point, lower, upper);
}

PetscErrorCode OttoDensityGetPoint(const OttoGridInfo *g, const char *prefix, const char *key,
                                   PetscReal x[])
{
  PetscBool set;
  char what[64];

  PetscFunctionBegin;
  PetscCall(OttoOptionsGetAxisReals(prefix, key, g->dim, x, &set));
  OttoCheckInput(set, "%s%s: missing; give %d coordinate%s", prefix, key, (int)g->dim,
                 g->dim > 1 ? "s" : "");
  snprintf(what, sizeof what, "%s%s:", prefix, key);
  PetscCall(OttoDensityCheckInside(g, what, x));
  PetscFunctionReturn(0);
}
