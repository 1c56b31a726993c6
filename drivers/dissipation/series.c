/* The series of dissipation: what its columns are called, and a sample as a row of them. */
#include "dissipation.h"

const OttoRunColumn OttoDissipationColumns[OTTO_DISSIPATION_COLUMNS] = {
#define OTTO_COLUMN(name, unit, kind, sentence, value) OTTO_COLUMN_LINE(name, unit, kind, sentence)
#include "series.def"
#undef OTTO_COLUMN
};

void OttoRunRow(const OttoTemperedSample *s, PetscReal integral_residual, PetscReal row[])
{
#define OTTO_COLUMN(name, unit, kind, sentence, value)                                             \
  row[OTTO_DISSIPATION_##name] = (PetscReal)(value);
#include "series.def"
#undef OTTO_COLUMN
}
