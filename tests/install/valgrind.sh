#!/usr/bin/env bash
# The program under memcheck, on a grid as small as they come: every kernel, engine, boundary and form
# of Fisher information, with fields written; no invalid access, no use of what was never set, nothing
# lost. Some minutes; without valgrind it is skipped.
. "$(dirname "$0")/lib.sh"
. "$source_dir/jobs/setup.sh"
command -v valgrind >/dev/null || {
  echo "no valgrind here"
  exit 77
}
suppressions=(--suppressions="$source_dir/tests/install/valgrind.supp")
for file in {/usr,/usr/local}/share/openmpi/openmpi-valgrind.supp; do
  [ ! -e "$file" ] || suppressions+=(--suppressions="$file")
done

clean() { # ranks, keys and values …: checks of identities may fail on such a grid (status 1)
  local ranks=$1
  shift
  rm -f "$scratch"/memcheck.*
  otto_mpirun "$ranks" valgrind -q --error-exitcode=99 --leak-check=full --num-callers=50 \
    --show-leak-kinds=definite --errors-for-leak-kinds=definite "${suppressions[@]}" \
    --log-file="$scratch/memcheck.%p" "$build_dir/bin/otto" dissipation -grid_n 16,12 \
    -time_start 0.02 -time_stop 0.05 -time_samples 2 -check_integral_nodes 3 \
    -p_density gaussian_mixture -p_mean 0.4,0.5 -p_sigma 0.15 \
    -q_density formula -q_formula "1+0.5*cos(2*_pi*x)" \
    -output_fields all -output_dir "$scratch/out" -output_overwrite yes "$@" >"$scratch/log" 2>&1
  local status=$?
  cat "$scratch"/memcheck.* >"$scratch/memcheck"
  [ -s "$scratch/memcheck" ] && fail "$* on $ranks ranks" "$scratch/memcheck"
  [ $status -le 1 ] || fail "$* on $ranks ranks: status $status" "$scratch/log"
}

for ranks in 1 2; do
  clean $ranks -heat_kernel spectral
  clean $ranks -heat_kernel lattice -grid_boundary no_flux
  clean $ranks -heat_kernel lattice_exact
  clean $ranks -heat_kernel gaussian_exact -grid_boundary open
done
clean 2 -heat_kernel spectral -transform_engine fftw_mpi -fisher_form fd4
clean 2 -heat_kernel spectral -transform_overlap yes -grid_mesh 1,2 -check_space no -check_integral_nodes 0
clean 2 -heat_kernel spectral -grid_boundary no_flux -fisher_form edge -p_shuffle_block 2
# Where logarithms are carried: e^{-2τ} I_n(2τ) at τ = 1e-10, and k(14) at t = 0.07. No integrals:
# valgrind's long double is a double, and the quadrature would halve its intervals for what that costs.
clean 1 -heat_kernel lattice_exact -grid_boundary no_flux -time_start 4e-13 -time_stop 5e-13
clean 2 -heat_kernel gaussian_exact -grid_boundary no_flux -grid_n 56,4 -grid_upper 14,1 \
  -time_start 0.07 -time_stop 0.08 -check_integral_nodes 0
echo "ok"
