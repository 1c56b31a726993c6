/* What a run of transport leaves: results, checks, fields. */
#pragma once
#include "problem.h"

/** Opens the output folder, and says what p and q are. Collective. OTTO_ERR_INPUT. */
PETSC_INTERN PetscErrorCode OttoTransportOpen(OttoTransportRun *s);
/** All numbers into `results`. Not collective. */
PETSC_INTERN PetscErrorCode OttoTransportReport(OttoTransportRun *s, const OttoTransportNumbers *n);
/** p, q, the map, potentials and frames into fields.h5. Collective; OTTO_ERR_FILE. */
PETSC_INTERN PetscErrorCode OttoTransportSave(OttoTransportRun *s);
/** What must hold of distances, and between them. Collective. */
PETSC_INTERN PetscErrorCode OttoTransportCheck(OttoTransportRun *s, const OttoTransportNumbers *n);
