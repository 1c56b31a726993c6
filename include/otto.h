/* All public headers of Otto. */
#pragma once
#include <otto/otto.h>
#include <otto/options.h>
#include <otto/grid.h>
#include <otto/formula.h>
#include <otto/field.h>
#include <otto/transform.h>
#include <otto/density.h>
#include <otto/divergence.h>
#include <otto/heat.h>
#include <otto/storage.h>
#include <otto/fisher.h>
#include <otto/tempering.h>
#include <otto/record.h>
#include <otto/run.h>
