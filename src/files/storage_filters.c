/* Why a dataset's numbers could not be read: a filter that it was written with and that HDF5 does
 * not have here, by name; otherwise damage. Asked only after a read has failed: an optional filter
 * may have been left out of every chunk, and chunks that were never written need none. */
#include "storage_impl.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* HDF5's register of filters: those that are met. A file may call them as it likes, or not at all.
 */
static const struct {
  H5Z_filter_t id;
  const char *name;
} known[] = {{H5Z_FILTER_DEFLATE, "gzip"},
             {H5Z_FILTER_SZIP, "szip"},
             {307, "bzip2"},
             {32000, "lzf"},
             {32001, "blosc"},
             {32004, "lz4"},
             {32008, "bitshuffle"},
             {32013, "zfp"},
             {32015, "zstd"},
             {32017, "sz"},
             {32024, "sz3"},
             {32026, "blosc2"}};

static PetscBool CanDecode(H5Z_filter_t id)
{
  unsigned how = 0;
  return H5Zfilter_avail(id) > 0 && H5Zget_filter_info(id, &how) >= 0 &&
                 (how & H5Z_FILTER_CONFIG_DECODE_ENABLED)
             ? PETSC_TRUE
             : PETSC_FALSE;
}

/* "filter 32015 (zstd, 'Zstandard compression: http://…')": the name by which its cure is found,
 * and what the file calls it, in one line. */
static void NameFilter(H5Z_filter_t id, const char *called, char text[], size_t size)
{
  const char *name = "";
  char clean[80] = "";

  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (known[i].id == id) name = known[i].name;
  for (size_t i = 0; called[i] && i + 1 < sizeof clean; i++)
    clean[i] = isprint((unsigned char)called[i]) ? called[i] : '?';
  if (!strncmp(clean, "Unknown ", 8) || !strcmp(clean, name)) clean[0] = 0; /* HDF5's own words */
  const char *both = name[0] && clean[0] ? ", " : "", *quote = clean[0] ? "'" : "";
  if (name[0] || clean[0])
    snprintf(text, size, "filter %d (%s%s%s%s%s)", (int)id, name, both, quote, clean, quote);
  else
    snprintf(text, size, "filter %d", (int)id);
}

void OttoStorageExplainUnreadable(hid_t data, char why[], size_t size)
{
  hid_t plan = H5Dget_create_plist(data);
  const int count = plan < 0 ? 0 : H5Pget_nfilters(plan);

  snprintf(why, size, "cannot be read: the file is damaged");
  for (int i = 0; i < count; i++) {
    unsigned flags, config;
    size_t none = 0;
    char called[80] = "", filter[200];
    const H5Z_filter_t id =
        H5Pget_filter2(plan, (unsigned)i, &flags, &none, NULL, sizeof called, called, &config);
    if (id < 0 || CanDecode(id)) continue;
    called[sizeof called - 1] = 0;
    NameFilter(id, called, filter, sizeof filter);
    snprintf(why, size,
             "is compressed by HDF5's %s, which is not installed here; write it anew where it is: "
             "h5repack -f GZIP=4 old.h5 new.h5, or compression='gzip' in h5py",
             filter);
    break;
  }
  if (plan >= 0) H5Pclose(plan);
}
