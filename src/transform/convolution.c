/* Convolutions of fields that stand beside zeros. */
#include "convolution.h"
#include "transform_impl.h"
#include <string.h>

static PetscErrorCode Make(OttoGrid grid, OttoConvolution *c)
{
  PetscFunctionBegin;
  PetscCall(OttoTwinCreate(grid, PETSC_TRUE, 1, &c->twin));
  c->transform = c->twin.transform;
  if (c->transform->ops != &OttoTransformOps_Own) {
    PetscCall(OttoFieldCreate(c->twin.grid, &c->padded));
    PetscFunctionReturn(0);
  }
  c->transform = NULL;
  PetscCall(OttoTransformCreate(c->twin.grid, &c->transform));
  c->beside = PETSC_TRUE;
  c->transform->inside = OttoGridGetInfo(grid);
  PetscCall(OttoTransformSetUp(c->transform));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvolutionCreate(OttoGrid grid, OttoConvolution *c)
{
  PetscFunctionBegin;
  memset(c, 0, sizeof *c);
  PetscErrorCode code = Make(grid, c);
  if (code) PetscCall(OttoConvolutionDestroy(c));
  PetscFunctionReturn(code);
}

PetscErrorCode OttoConvolutionDestroy(OttoConvolution *c)
{
  PetscFunctionBegin;
  PetscCall(VecDestroy(&c->padded));
  if (c->beside) PetscCall(OttoTransformDestroy(&c->transform));
  c->transform = NULL;
  PetscCall(OttoTwinDestroy(&c->twin));
  PetscFunctionReturn(0);
}

size_t OttoConvolutionBytes(const OttoConvolution *c)
{
  size_t cells = 0;

  if (c->padded) cells += (size_t)OttoGridGetInfo(c->twin.grid)->local_cells;
  return cells * sizeof(PetscReal) + OttoTransformBytes(c->transform) +
         (c->beside && c->twin.transform ? OttoTransformBytes(c->twin.transform) : 0);
}

/* A kernel fills the wide grid: it takes the twin's transform, which stores coefficients as that of
 * fields beside zeros does. */
PetscErrorCode OttoConvolutionCreateKernel(OttoConvolution *c, Vec kernel, OttoSymbol *symbol)
{
  PetscFunctionBegin;
  if (!c->twin.transform) {
    PetscCall(OttoTransformCreate(c->twin.grid, &c->twin.transform));
    PetscCall(OttoTransformSetUp(c->twin.transform));
  }
  PetscErrorCode code = OttoSymbolCreateKernel(c->twin.transform, kernel, symbol);
  if (!c->beside) PetscFunctionReturn(code);
  if (!code) {
    PetscCheck(c->twin.transform->spectrum_reals == c->transform->spectrum_reals, PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "both store their coefficients alike");
    (*symbol)->transform = c->transform;
  }
  PetscCall(OttoTransformDestroy(&c->twin.transform));
  PetscFunctionReturn(code);
}

/* By the twin's transform. */
static PetscErrorCode ApplyWide(OttoConvolution *c, OttoSymbol symbol, Vec u, Vec v)
{
  const PetscScalar *in;
  PetscScalar *out;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(u, &in));
  PetscCall(OttoTwinTake(&c->twin, in, c->padded));
  PetscCall(VecRestoreArrayRead(u, &in));
  PetscCall(OttoTransformApplySymbol(c->transform, c->padded, symbol, c->padded));
  PetscCall(VecGetArrayWrite(v, &out));
  PetscCall(OttoTwinGive(&c->twin, c->padded, out));
  PetscCall(VecRestoreArrayWrite(v, &out));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoConvolutionApply(OttoConvolution *c, OttoSymbol symbol, Vec u, Vec v)
{
  PetscFunctionBegin;
  if (c->beside)
    PetscCall(OttoTransformDestroy(&c->twin.transform)); /* of a torus no kernel was made */
  if (c->padded)
    PetscCall(ApplyWide(c, symbol, u, v));
  else
    PetscCall(OttoTransformApplySymbol(c->transform, u, symbol, v));
  PetscFunctionReturn(0);
}
