/* Relaxation rates in the summary, and the check on how well they are known. */
#include "fokker_planck.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Which of them are not known, in words; "" where all are. */
static void SayUnknown(const OttoRelaxation *r, PetscInt wanted, char said[], size_t size)
{
  size_t used = 0;

  said[0] = 0;
  for (PetscInt k = 0; k < wanted && used + 24 < size; k++) {
    if (k < r->count && OttoRelaxationCertified(r, k)) continue;
    used += (size_t)snprintf(said + used, size - used, "%s%d", used ? ", " : "rates ", (int)k + 1);
  }
  if (used) snprintf(said + used, size - used, " not certified");
}

PetscErrorCode OttoRunDescribeRelaxation(OttoRecord record, const OttoRelaxation *r,
                                         PetscInt wanted)
{
  PetscReal residual = 0, uncertainty = r->count < wanted && !r->all ? INFINITY : 0;
  PetscInt certified = 0;
  char said[200];

  PetscFunctionBegin;
  if (!wanted) {
    PetscCall(OttoRecordNotApplicable(record, "relaxation", "spectrum_count is 0"));
    PetscFunctionReturn(0);
  }
  for (PetscInt k = 0; k < r->count; k++) {
    const PetscReal bound = PetscMax(r->bound[k], r->frequency_bound[k]);
    const PetscBool known = OttoRelaxationCertified(r, k);
    residual = PetscMax(residual, r->residual[k]);
    uncertainty = PetscMax(uncertainty, known ? bound / r->rate[k] : INFINITY);
    certified += known;
  }
  PetscCall(OttoRecordResultList(record, "relaxation_rates", r->count, r->rate));
  PetscCall(OttoRecordResultList(record, "relaxation_bounds", r->count, r->bound));
  PetscCall(OttoRecordResultList(record, "relaxation_frequencies", r->count, r->frequency));
  PetscCall(
      OttoRecordResultList(record, "relaxation_frequency_bounds", r->count, r->frequency_bound));
  PetscCall(OttoRecordResult(record, "relaxation_certified", (PetscReal)certified));
  PetscCall(OttoRecordResultText(record, "relaxation_count", r->how));
  PetscCall(OttoRecordResult(record, "relaxation_residual", residual));
  if (r->parts > 1) PetscCall(OttoRecordResult(record, "relaxation_parts", (PetscReal)r->parts));
  if (r->all && r->count < wanted)
    PetscCall(
        OttoRecordResultText(record, "relaxation_count",
                             "certain: these are all the rates there are, pairs counted once"));
  SayUnknown(r, r->all ? r->count : wanted, said, sizeof said);
  if (said[0]) PetscCall(OttoRecordResultText(record, "relaxation_not_certified", said));
  PetscCall(OttoRecordCheck(record, "relaxation", uncertainty, 0));
  char advice[300];
  snprintf(advice, sizeof advice,
           "%.90s%s%.90s; rates below rounding of the largest cannot be known; %s", said,
           said[0] ? "; count " : "count ", r->how, "more steps: eps_max_it");
  PetscCall(OttoRecordAdvice(record, "relaxation", advice));
  PetscFunctionReturn(0);
}
