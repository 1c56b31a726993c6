#include "interaction_impl.h"

const OttoInteractionOps OttoInteractionOps_None = {.key = "energy_interaction_type"};
