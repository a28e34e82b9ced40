/* What must never be true is checked with NEVER. With -DONLY, nothing is but what
   -DCHECK_<name>=1 names: so that a variant breaks by what it is known for. */
#define NEVER(p) assert(!(CHECK_##p && p))

#ifdef ONLY
#define UNLESS_NAMED 0
#else
#define UNLESS_NAMED 1
#endif

#ifndef CHECK_loaded_twice
#define CHECK_loaded_twice UNLESS_NAMED
#endif
#ifndef CHECK_mixed
#define CHECK_mixed UNLESS_NAMED
#endif
#ifndef CHECK_load_beside_others
#define CHECK_load_beside_others UNLESS_NAMED
#endif
#ifndef CHECK_older_over_newer
#define CHECK_older_over_newer UNLESS_NAMED
#endif
#ifndef CHECK_false_denial
#define CHECK_false_denial UNLESS_NAMED
#endif
#ifndef CHECK_false_success
#define CHECK_false_success UNLESS_NAMED
#endif
#ifndef CHECK_damaged
#define CHECK_damaged UNLESS_NAMED
#endif
#ifndef CHECK_older_after_newer
#define CHECK_older_after_newer UNLESS_NAMED
#endif
#ifndef CHECK_unknown_upload
#define CHECK_unknown_upload UNLESS_NAMED
#endif
#ifndef CHECK_sent_twice
#define CHECK_sent_twice UNLESS_NAMED
#endif
#ifndef CHECK_incomplete_loaded
#define CHECK_incomplete_loaded UNLESS_NAMED
#endif
#ifndef CHECK_incomplete_reported
#define CHECK_incomplete_reported UNLESS_NAMED
#endif
