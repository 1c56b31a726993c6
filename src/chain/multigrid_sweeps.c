/*
 * PETSc's local symmetric sweep takes both ways with the neighbours' values of before: beside the
 * faces between ranks half of a sweep is lost, and a step took a tenth more iterations on two ranks
 * than on one. A sweep forth from x, and one back, each with the values of other ranks as they then
 * are,
 *
 *   x' = x + M⁻¹(b - A x),   x'' = x' + M⁻ᵀ(b - A x'),
 *
 * M the lower triangle of a rank's own block. Of a symmetric A with Σ_j |A_ij| ≤ 2 A_ii the pair
 * lowers its energy, as M + Mᵀ - A, the diagonal less what leads to other ranks, is not negative.
 */
#include "multigrid_sweeps.h"
#include "core/buffer.h"
#include <otto/errors.h>

typedef PetscErrorCode (*Sweep)(Mat, Vec, PetscReal, MatSORType, PetscReal, PetscInt, PetscInt,
                                Vec);

/* What goes with a matrix. */
typedef struct {
  Sweep petsc;
  VecScatter scatter; /* of others' cells beside own ones */
  Vec ghost;          /* their values */
  PetscReal *before;  /* [ghosts] the same, a sweep ago */
  PetscReal *left;    /* [rows] right side, less what a sweep forth has from other rows */
  PetscInt *diagonal; /* [rows] where it stands among the entries */
  PetscInt *beside;   /* [sides] rows with entries of other ranks' */
  PetscInt sides, ghosts;
} Sweeps;

/* A rank's own block, or the entries of others in its rows. */
typedef struct {
  Mat A;
  PetscInt rows;
  const PetscInt *i, *j;
  const PetscScalar *a;
} Block;

static const char key[] = "otto_sweeps";

static PetscErrorCode Open(Mat A, Block *b)
{
  PetscBool done;

  PetscFunctionBegin;
  b->A = A;
  PetscCall(MatGetRowIJ(A, 0, PETSC_FALSE, PETSC_FALSE, &b->rows, &b->i, &b->j, &done));
  PetscCheck(done, PETSC_COMM_SELF, PETSC_ERR_SUP, "rows of a matrix that is not AIJ");
  PetscCall(MatSeqAIJGetArrayRead(A, &b->a));
  PetscFunctionReturn(0);
}

static PetscErrorCode Close(Block *b)
{
  PetscBool done;

  PetscFunctionBegin;
  PetscCall(MatSeqAIJRestoreArrayRead(b->A, &b->a));
  PetscCall(MatRestoreRowIJ(b->A, 0, PETSC_FALSE, PETSC_FALSE, &b->rows, &b->i, &b->j, &done));
  PetscFunctionReturn(0);
}

static PetscErrorCode Destroy(void *context)
{
  Sweeps *s = (Sweeps *)context;

  PetscFunctionBegin;
  PetscCall(VecScatterDestroy(&s->scatter));
  PetscCall(VecDestroy(&s->ghost));
  PetscCall(OttoBufferDestroy(&s->before));
  PetscCall(OttoBufferDestroy(&s->left));
  PetscCall(PetscFree2(s->diagonal, s->beside));
  PetscCall(PetscFree(s));
  PetscFunctionReturn(0);
}

/* Columns of a row stand in their order. */
static PetscErrorCode FindDiagonal(Sweeps *s, const Block *own, const Block *other)
{
  PetscFunctionBegin;
  for (PetscInt r = 0; r < own->rows; r++) s->sides += other->i[r + 1] > other->i[r];
  PetscCall(PetscMalloc2(own->rows, &s->diagonal, s->sides, &s->beside));
  for (PetscInt r = 0, side = 0; r < own->rows; r++) {
    PetscInt k = own->i[r];
    while (k < own->i[r + 1] && own->j[k] < r) k++;
    PetscCheck(k < own->i[r + 1] && own->j[k] == r, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE,
               "row %" PetscInt_FMT " without a diagonal", r);
    s->diagonal[r] = k;
    if (other->i[r + 1] > other->i[r]) s->beside[side++] = r;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode Create(Mat A, Sweeps *s)
{
  PetscErrorCode code;
  Mat own, other;
  const PetscInt *columns;
  Block o, w;
  IS from;
  Vec x;

  PetscFunctionBegin;
  PetscCall(MatGetOperation(A, MATOP_SOR, (void (**)(void)) & s->petsc));
  PetscCall(MatMPIAIJGetSeqAIJ(A, &own, &other, &columns));
  PetscCall(MatGetSize(other, NULL, &s->ghosts));
  PetscCall(Open(own, &o));
  PetscCall(Open(other, &w));
  PetscCall(FindDiagonal(s, &o, &w));
  code = OttoBufferCreate((size_t)s->ghosts, &s->before);
  if (!code) code = OttoBufferCreate((size_t)o.rows, &s->left);
  PetscCall(Close(&w));
  PetscCall(Close(&o));
  PetscCall(OttoAgree(PetscObjectComm((PetscObject)A), code));
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, s->ghosts, &s->ghost));
  PetscCall(ISCreateGeneral(PETSC_COMM_SELF, s->ghosts, columns, PETSC_USE_POINTER, &from));
  PetscCall(MatCreateVecs(A, &x, NULL));
  PetscCall(VecScatterCreate(x, from, s->ghost, NULL, &s->scatter));
  PetscCall(VecDestroy(&x));
  PetscCall(ISDestroy(&from));
  PetscFunctionReturn(0);
}

static PetscErrorCode Exchange(Sweeps *s, Vec x)
{
  PetscFunctionBegin;
  PetscCall(VecScatterBegin(s->scatter, x, s->ghost, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(s->scatter, x, s->ghost, INSERT_VALUES, SCATTER_FORWARD));
  PetscFunctionReturn(0);
}

/* left −= what the rows beside have from others' cells, more than from what those were before. */
static PetscErrorCode Hear(Sweeps *s, const Block *other, Vec x)
{
  const PetscScalar *now;

  PetscFunctionBegin;
  PetscCall(Exchange(s, x));
  PetscCall(VecGetArrayRead(s->ghost, &now));
  for (PetscInt k = 0; k < s->sides; k++) {
    const PetscInt r = s->beside[k];
    PetscReal sum = 0;
    for (PetscInt e = other->i[r]; e < other->i[r + 1]; e++)
      sum += other->a[e] * (now[other->j[e]] - s->before[other->j[e]]);
    s->left[r] -= sum;
  }
  PetscCall(PetscArraycpy(s->before, now, s->ghosts));
  PetscCall(VecRestoreArrayRead(s->ghost, &now));
  PetscFunctionReturn(0);
}

static void Forth(const Sweeps *s, const Block *own, PetscBool from_zero, PetscReal x[])
{
  for (PetscInt r = 0; r < own->rows; r++) {
    PetscReal sum = s->left[r];
    for (PetscInt e = own->i[r]; e < s->diagonal[r]; e++) sum -= own->a[e] * x[own->j[e]];
    s->left[r] = sum;
    for (PetscInt e = s->diagonal[r] + 1; e < own->i[r + 1] && !from_zero; e++)
      sum -= own->a[e] * x[own->j[e]];
    x[r] = sum * (1 / own->a[s->diagonal[r]]); /* none waits for a quotient */
  }
}

/* What rows have from those before them stands in `left`. */
static void Back(const Sweeps *s, const Block *own, PetscReal x[])
{
  for (PetscInt r = own->rows - 1; r >= 0; r--) {
    PetscReal sum = s->left[r];
    for (PetscInt e = s->diagonal[r] + 1; e < own->i[r + 1]; e++) sum -= own->a[e] * x[own->j[e]];
    x[r] = sum * (1 / own->a[s->diagonal[r]]);
  }
}

static PetscErrorCode SweepPair(Mat A, Sweeps *s, Vec b, PetscBool from_zero, Vec x)
{
  const PetscScalar *right;
  PetscScalar *to;
  Mat own, other;
  Block o, w;

  PetscFunctionBegin;
  PetscCall(MatMPIAIJGetSeqAIJ(A, &own, &other, NULL));
  PetscCall(Open(own, &o));
  PetscCall(Open(other, &w));
  PetscCall(VecGetArrayRead(b, &right));
  PetscCall(PetscArraycpy(s->left, right, o.rows));
  PetscCall(VecRestoreArrayRead(b, &right));
  PetscCall(PetscArrayzero(s->before, s->ghosts));
  if (!from_zero) PetscCall(Hear(s, &w, x));
  PetscCall(VecGetArray(x, &to));
  Forth(s, &o, from_zero, to);
  PetscCall(VecRestoreArray(x, &to));
  PetscCall(Hear(s, &w, x));
  PetscCall(VecGetArray(x, &to));
  Back(s, &o, to);
  PetscCall(VecRestoreArray(x, &to));
  PetscCall(Close(&w));
  PetscCall(Close(&o));
  PetscFunctionReturn(0);
}

/* MatSOR(). */
static PetscErrorCode Relax(Mat A, Vec b, PetscReal omega, MatSORType flag, PetscReal shift,
                            PetscInt its, PetscInt lits, Vec x)
{
  const PetscBool both =
      (flag & SOR_LOCAL_SYMMETRIC_SWEEP) == SOR_LOCAL_SYMMETRIC_SWEEP ? PETSC_TRUE : PETSC_FALSE;
  PetscContainer container;
  Sweeps *s;

  PetscFunctionBegin;
  PetscCall(PetscObjectQuery((PetscObject)A, key, (PetscObject *)&container));
  PetscCall(PetscContainerGetPointer(container, (void **)&s));
  if (both && omega == 1 && shift == 0 && its == 1 && lits == 1)
    PetscCall(SweepPair(A, s, b, flag & SOR_ZERO_INITIAL_GUESS ? PETSC_TRUE : PETSC_FALSE, x));
  else
    PetscCall(s->petsc(A, b, omega, flag, shift, its, lits, x));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoSweepsTogether(Mat A)
{
  PetscContainer container;
  PetscBool parallel;
  Sweeps *s;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)A, MATMPIAIJ, &parallel));
  if (!parallel) PetscFunctionReturn(0);
  PetscCall(PetscObjectQuery((PetscObject)A, key, (PetscObject *)&container));
  if (container) PetscFunctionReturn(0);
  PetscCall(PetscNew(&s));
  PetscCall(PetscContainerCreate(PetscObjectComm((PetscObject)A), &container));
  PetscCall(PetscContainerSetPointer(container, s));
  PetscCall(PetscContainerSetUserDestroy(container, Destroy));
  PetscCall(Create(A, s));
  PetscCall(PetscObjectCompose((PetscObject)A, key, (PetscObject)container));
  PetscCall(PetscContainerDestroy(&container));
  PetscCall(MatSetOperation(A, MATOP_SOR, (void (*)(void))Relax));
  PetscFunctionReturn(0);
}
