/* The series of fokker-planck: what its columns are called, and a sample as a row of them. */
#include "fokker_planck.h"

const OttoRunColumn OttoFokkerPlanckColumns[OTTO_FOKKER_PLANCK_COLUMNS] = {
#define OTTO_COLUMN(name, unit, kind, sentence, value) OTTO_COLUMN_LINE(name, unit, kind, sentence)
#include "series.def"
#undef OTTO_COLUMN
};

void OttoRunFokkerPlanckRow(const OttoFokkerPlanckSample *s, PetscReal row[])
{
#define OTTO_COLUMN(name, unit, kind, sentence, value)                                             \
  row[OTTO_FOKKER_PLANCK_##name] = (PetscReal)(value);
#include "series.def"
#undef OTTO_COLUMN
}
