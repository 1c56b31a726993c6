/* The series of fokker-planck: what its columns are called, and a sample as a row of them. */
#include "fokker_planck.h"

const OttoRunColumn OttoFokkerPlanckColumns[OTTO_FOKKER_PLANCK_COLUMNS] = {
#define OTTO_COLUMN(name, unit, kind, sentence, value) OTTO_COLUMN_LINE(name, unit, kind, sentence)
#include "series.def"
#undef OTTO_COLUMN
};

PetscInt OttoFokkerPlanckColumnCount(const OttoFokkerPlanck *law)
{
  const PetscInt faces = 2 * OttoGridGetInfo(law->grid)->dim;

  return OTTO_FOKKER_PLANCK_KEPT + (OttoGeneratorIsAbsorbing(law->generator) ? faces : 0);
}

void OttoRunFokkerPlanckRow(const OttoFokkerPlanckSample *s, PetscInt own, PetscReal row[])
{
  const PetscReal all[OTTO_FOKKER_PLANCK_COLUMNS] = {
#define OTTO_COLUMN(name, unit, kind, sentence, value) (PetscReal)(value),
#include "series.def"
#undef OTTO_COLUMN
  };

  for (PetscInt i = 0; i < own; i++) row[i] = all[i];
}
