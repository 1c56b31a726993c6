/* FFTW-MPI by itself: the pair of transforms that any user of it would write, in its best layout
 * (out of place, transposed between, measured). */
#include "bench.h"
#include <fftw3-mpi.h>

struct _n_OttoBenchFFTW {
  double *real;
  fftw_complex *coefficients;
  fftw_plan forward, inverse;
};

PetscErrorCode OttoBenchFFTWCreate(OttoGrid grid, OttoBenchFFTW *bench)
{
  const OttoGridInfo *g = OttoGridGetInfo(grid);
  OttoBenchFFTW b;
  ptrdiff_t n[OTTO_MAX_DIM], half[OTTO_MAX_DIM], planes, start, columns, first;

  PetscFunctionBegin;
  PetscCall(PetscNew(&b));
  *bench = b;
  fftw_mpi_init();
  for (PetscInt j = 0; j < g->dim; j++) n[j] = half[j] = (ptrdiff_t)g->n[j];
  half[g->dim - 1] = n[g->dim - 1] / 2 + 1;
  ptrdiff_t size = fftw_mpi_local_size_many_transposed((int)g->dim, half, 1, FFTW_MPI_DEFAULT_BLOCK,
                                                       FFTW_MPI_DEFAULT_BLOCK, g->comm, &planes,
                                                       &start, &columns, &first);
  b->real = fftw_alloc_real(2 * (size_t)size);
  b->coefficients = fftw_alloc_complex((size_t)size);
  b->forward = fftw_mpi_plan_many_dft_r2c((int)g->dim, n, 1, FFTW_MPI_DEFAULT_BLOCK,
                                          FFTW_MPI_DEFAULT_BLOCK, b->real, b->coefficients, g->comm,
                                          FFTW_MEASURE | FFTW_MPI_TRANSPOSED_OUT);
  b->inverse = fftw_mpi_plan_many_dft_c2r((int)g->dim, n, 1, FFTW_MPI_DEFAULT_BLOCK,
                                          FFTW_MPI_DEFAULT_BLOCK, b->coefficients, b->real, g->comm,
                                          FFTW_MEASURE | FFTW_MPI_TRANSPOSED_IN);
  for (ptrdiff_t i = 0; i < 2 * size; i++) b->real[i] = 0; /* no growth over repeated pairs */
  PetscCall(OttoAgree(g->comm, b->forward && b->inverse ? 0 : PETSC_ERR_LIB));
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchFFTWPair(void *bench)
{
  PetscFunctionBegin;
  fftw_execute(((OttoBenchFFTW)bench)->forward);
  fftw_execute(((OttoBenchFFTW)bench)->inverse);
  PetscFunctionReturn(0);
}

PetscErrorCode OttoBenchFFTWDestroy(OttoBenchFFTW *bench)
{
  PetscFunctionBegin;
  if (!*bench) PetscFunctionReturn(0);
  fftw_destroy_plan((*bench)->forward);
  fftw_destroy_plan((*bench)->inverse);
  fftw_free((*bench)->real);
  fftw_free((*bench)->coefficients);
  PetscCall(PetscFree(*bench));
  PetscFunctionReturn(0);
}
