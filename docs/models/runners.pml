/* N runners of one move of one table, with T tries each, that do not know of each
   other: the steps of package pipeline, over a State that they share or not.
   UNLOAD goes on at the source when its runner is gone, and the load at the
   target; the load is the one transaction that load.pml shows it to be.

   The table has two rows, and every UNLOAD writes two files, but not always the
   same row into the same file. Content is a number: 1 + the row + 2 x the version
   of the source. README.md says what is left out. */

#ifndef N
#define N 2
#endif
#ifndef T
#define T 2
#endif
#ifndef SHARED_STATE
#define SHARED_STATE 1
#endif

/* The mistakes that it could make. */
#define SHARED_FOLDER     1  /* of attempts with the same number */
#define FROM_PREFIX       2  /* of all attempts: COPY without a manifest */
#define MANIFEST_FIRST    3  /* and taken as the sign that the UNLOAD ended */
#define RECORD_FIRST      4  /* "transferred", before the files are */
#define ID_OF_ATTEMPT     5  /* in the ledger, not of the move */
#define UNCOMPARED        6  /* what the ledger has, with what is to be loaded */
#define LOADED_FIRST      7  /* "loaded", before it is, and the ledger is not asked */
#define COPIES_UNBOUND    8  /* files count as copied, whichever UNLOAD wrote them */
#ifndef MISTAKE
#define MISTAKE 0
#endif

#include "never.pml"

#define TRIES (N * T)

mtype = { RUNNING, ENDED, REFUSED };             /* a statement */
mtype = { BEGUN, UNLOADED, TRANSFERRED, LOADED }; /* the last step of a record */

typedef Folder {
  byte file[2];
  byte manifest;     /* 1 + 2 x the try whose UNLOAD wrote it + the version that it names */
}

typedef Record {
  mtype step;
  byte attempt;
  byte folder;       /* 1 + its number */
  byte manifest;     /* 1 + 2 x the try whose UNLOAD wrote it + the version that it names */
  byte copied;       /* how many of its files are known to be copied */
}

typedef Try {
  mtype unload, load; /* what became of its statements, while it wants to know */
  bool gone;          /* it does not, any more */
  byte folder;        /* what the statement under way is about */
  byte manifest;
}

Try try[TRIES];
Folder a[TRIES];     /* in bucket A */
Folder b[TRIES];     /* in bucket B */
byte version;        /* of the source table */
byte rows[4];        /* in the target table: how often, by 2 x version + row */
byte ledger;         /* the manifest that was loaded */
#if MISTAKE == ID_OF_ATTEMPT
bool loaded[TRIES];
#endif

#if SHARED_STATE
Record state[1];
#define STATE state[0]
#else
Record state[N];
#define STATE state[r]
#endif

/* What must never be true. */
bool loaded_twice, mixed, false_success, incomplete_reported, incomplete_loaded;

#define WHOLE(folder) (folder.file[0] != 0 && folder.file[1] != 0)
#define CUT           (k / T + k % T)          /* which row goes into which file */
#define OF(m)         (((m) - 1) % 2)     /* the version that a manifest names */

/* The source may change once, between two UNLOADs. */
proctype Writer()
{
end:
  do
  :: version == 0 -> version = 1
  od
}

/* The statement is over; its answer is for a runner that is there. */
/* Nobody looks into the folder of an UNLOAD that has not ended well. So it is
   left empty, which keeps the search small, and has whoever does look caught,
   because the folder is not whole. Where a mistake lets somebody look, files are
   written one after the other, stay, and go on when the runner is gone. */
#if MISTAKE == SHARED_FOLDER || MISTAKE == MANIFEST_FIRST
#define FILE_BY_FILE 1
#endif

inline unload_ends(how)
{
  if :: try[k].gone -> try[k].unload = 0 :: else -> try[k].unload = how fi;
  try[k].gone = false; try[k].folder = 0
}

inline over() { step = 0; attempt = 0; folder = 0; manifest = 0; i = 0; k = 0 }

inline give_up(f)
{
#if !FILE_BY_FILE
  a[f].file[0] = 0; a[f].file[1] = 0; a[f].manifest = 0;
#endif
  over()
}

inline load_ends(how)
{
  if :: try[k].gone -> try[k].load = 0 :: else -> try[k].load = how fi;
  try[k].gone = false; try[k].folder = 0; try[k].manifest = 0
}

#define ROW(i)    (1 + (i + CUT) % 2 + 2 * seen)
#define MANIFEST  (1 + 2 * k + seen)

/* The UNLOAD of try k. It needs an empty prefix, and may fail half-way. */
proctype Unload(byte k)
{
  byte i, seen, f;

end:
#if FILE_BY_FILE
  atomic {
    try[k].unload == RUNNING;
    f = try[k].folder;
    seen = version;
    if
    :: a[f].file[0] || a[f].file[1] -> unload_ends(REFUSED); f = 0; seen = 0; goto end
    :: else
    fi
#if MISTAKE == MANIFEST_FIRST
    ; a[f].manifest = MANIFEST
#endif
  };
  do
  :: i < 2 -> d_step { a[f].file[i] = ROW(i); i++ }
  :: i == 2 -> d_step { a[f].manifest = MANIFEST; unload_ends(ENDED) }; break
  :: d_step { unload_ends(REFUSED) }; break
  od;
  atomic { i = 0; f = 0; seen = 0; goto end }
#else
  do
  :: d_step { try[k].unload == RUNNING && !try[k].gone ->
       f = try[k].folder; seen = version;
       a[f].file[0] = ROW(0); a[f].file[1] = ROW(1); a[f].manifest = MANIFEST;
       unload_ends(ENDED); f = 0; seen = 0 }
  :: d_step { try[k].unload == RUNNING -> unload_ends(REFUSED) }
  od
#endif
}

inline into_table(c) /* a file into the target table; 0 is a file that is not there */
{
  if
  :: c != 0 ->
       rows[c - 1]++;
       loaded_twice = loaded_twice || rows[c - 1] > 1
  :: else
  fi
}

/* The load of try k: looks into the ledger, and COPY of what the manifest names,
   all of it mandatory, and the mark, at once. */
proctype Load(byte k)
{
  byte i;

end:
  atomic {
    try[k].load == RUNNING;
    if
#if MISTAKE == ID_OF_ATTEMPT
    :: loaded[try[k].folder] -> d_step { load_ends(ENDED) }
    :: !loaded[try[k].folder] ->
         loaded[try[k].folder] = true;
#elif MISTAKE == UNCOMPARED
    :: ledger != 0 -> d_step { load_ends(ENDED) }
    :: ledger == 0 ->
#else
    :: ledger != 0 && ledger == try[k].manifest -> d_step { load_ends(ENDED) }
    :: ledger != 0 && ledger != try[k].manifest -> d_step { load_ends(REFUSED) } /* other files under this ID */
    :: ledger == 0 ->
#endif
         d_step {
           ledger = try[k].manifest;
           incomplete_loaded = !WHOLE(b[try[k].folder]);
           NEVER(incomplete_loaded);
#if MISTAKE == FROM_PREFIX
           for (i : 0 .. TRIES - 1) { into_table(b[i].file[0]); into_table(b[i].file[1]) }
           i = 0;
#else
           into_table(b[try[k].folder].file[0]); into_table(b[try[k].folder].file[1]);
#endif
           NEVER(loaded_twice);
           mixed = (rows[0] || rows[1]) && (rows[2] || rows[3]);
           NEVER(mixed);
           load_ends(ENDED)
         }
    :: d_step { try[k].load == RUNNING -> load_ends(REFUSED) } /* rolled back */
    fi
  };
  goto end
}

/* Keeps what it has come to, in place of what anybody else has come to. */
inline write_record()
{
  d_step { STATE.step = step; STATE.attempt = attempt; STATE.folder = folder; STATE.manifest = manifest; STATE.copied = i }
}

proctype Runner(byte r)
{
  byte t, k;
  byte i;            /* how many files are copied */
  mtype step;
  byte attempt, folder, manifest;

end_again: /* what earlier runs did, and perhaps the other runner */
again:
  atomic {
    t < T -> d_step {
      k = r * T + t; t++; i = STATE.copied;
      step = STATE.step; attempt = STATE.attempt; folder = STATE.folder; manifest = STATE.manifest } };

#if MISTAKE == MANIFEST_FIRST
  atomic {
    if
    :: step == BEGUN && a[folder - 1].manifest != 0 -> manifest = a[folder - 1].manifest; goto unloaded
    :: else
    fi };
#endif
  atomic {
    if
    :: step == UNLOADED -> goto transfer
    :: step == TRANSFERRED -> goto load
#if MISTAKE == LOADED_FIRST
    :: step == LOADED -> goto report
#else
    :: step == LOADED -> goto load
#endif
    :: else
    fi;

    /* UNLOAD, under a prefix that nobody else has. */
    attempt++;
#if MISTAKE == SHARED_FOLDER
    folder = attempt;
#else
    folder = k + 1;
#endif
    step = BEGUN; manifest = 0; i = 0;
    write_record();
    d_step { try[k].folder = folder - 1; try[k].unload = RUNNING } };

  atomic {
    if
    :: try[k].unload == ENDED -> try[k].unload = 0
    :: try[k].unload == REFUSED -> d_step { try[k].unload = 0; give_up(folder - 1) }; goto again
    :: try[k].unload == RUNNING -> d_step { try[k].gone = true; over() }; goto again /* it crashes, or the answer is lost */
    fi;
    manifest = a[folder - 1].manifest;
unloaded:
    incomplete_reported = !WHOLE(a[folder - 1]);
    NEVER(incomplete_reported);
    step = UNLOADED;
    if
    :: write_record()
    :: d_step { give_up(folder - 1) }; goto again
    fi };

transfer:
#if MISTAKE == COPIES_UNBOUND
  i = STATE.copied;
#endif
#if MISTAKE == RECORD_FIRST
  atomic { step = TRANSFERRED; write_record() };
#endif
copying:
  atomic {
    if
    :: i < 2 -> d_step { b[folder - 1].file[i] = a[folder - 1].file[i]; i++ };
         if :: i < 2 -> write_record() :: true fi; /* the State hears of it, or not yet */
         goto copying
    :: i == 2 -> step = TRANSFERRED; write_record()
    :: d_step { over() }; goto again
    fi };

load:
#if MISTAKE == LOADED_FIRST
  atomic { step = LOADED; write_record() };
#endif
  atomic {
    if
    :: d_step { try[k].folder = folder - 1; try[k].manifest = manifest; try[k].load = RUNNING }
    :: d_step { over() }; goto again
    fi };
  atomic {
    if
    :: try[k].load == ENDED -> try[k].load = 0
    :: try[k].load == REFUSED -> d_step { try[k].load = 0; over() }; goto again
    :: try[k].load == RUNNING -> d_step { try[k].gone = true; over() }; goto again
    fi;
    if
    :: step = LOADED; write_record()
    :: d_step { over() }; goto again
    fi;

    /* "Done: these rows are in the target." */
report:
    false_success = rows[2 * OF(manifest)] != 1 || rows[2 * OF(manifest) + 1] != 1;
    NEVER(false_success);
    d_step { over() };
    goto again }
}

init {
  byte i;
  atomic {
    for (i : 0 .. N - 1) { run Runner(i) }
    for (i : 0 .. TRIES - 1) { run Unload(i); run Load(i) }
    i = 0;
    run Writer()
  }
}
