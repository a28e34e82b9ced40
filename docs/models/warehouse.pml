/* The target warehouse, as far as a load can tell: sessions that execute what
   they are sent, transactions with snapshot isolation, one lock, and what is
   committed. load.pml sends it statements. README.md says what is left out.

   One load is two halves of rows, so that a COPY that falls short can be told
   from one that does not. Loads of one identity share a row of the ledger; the
   identities are ordered, and a higher one is a newer generation. */

#define TRIES     (N * T)

mtype = { LOCK, LOOK, STANDS, FILLED, ROOM, FENCE, DELETE, COPY, MARK, COMMIT, CREATE,
          COPY_ALONE, LOOK_ALONE, MARK_ALONE, TRUNCATE_ALONE, CLAIM_ALONE };
mtype = { OK, PRESENT, TAKEN, NEWER, SHORT, REFUSED,
          UNHEARD, CRASHED };  /* of the network, and of the client's own process */

typedef Session {
  mtype call;       /* the statement in flight, or 0 */
  mtype answer;     /* to the last one, until its client has read it */
  bool open;        /* a transaction is under way */
  bool gone;        /* the client is: what is in flight goes on without it */
  bool snapped;     /* the snapshot is taken; what it shows: */
  bool marks[IDS];
  byte rows[IDS];
  bool emptied;     /* what the transaction did: */
  bool marked;
  byte wrote;
  bool mine;        /* its runner still answers for it, */
  bool kept;        /* and it has committed; */
  bool sworn;       /* its runner has said that it never will */
#if TRACED
  byte name;        /* of the try in the trace */
#endif
}

Session tx[TRIES];
byte holder;        /* of the lock on the target: 0, or 1 + a try */
byte rows[IDS];     /* the target */
bool mark[IDS];     /* the ledger; for CREATE, the catalog */
byte newest;        /* 1 + the newest identity that has replaced the rows */
bool foreign;       /* the target had rows before anybody loaded any */

/* What must never be true. */
bool loaded_twice, mixed, older_over_newer, false_success, false_denial, load_beside_others;

#if IDS == 1
#define SOME(p) p(0)
#elif IDS == 2
#define SOME(p) (p(0) || p(1))
#elif IDS == 3
#define SOME(p) (p(0) || p(1) || p(2))
#endif

#define OWNER      ((k) / T)
#define BATCHED    (BATCH == 1 || OWNER % 2 == 1)
#define ID         IDENTITY(OWNER)
#define FREE       (holder == 0 || holder == k + 1)
#define CALLED(s)  (tx[k].open && tx[k].call == s)
#define SHOWN(i)   (tx[k].snapped -> tx[k].marks[i] : mark[i])
#define IS_NEWER(i) (i > ID && SHOWN(i) && (REPLACES(i) || REPLACES(ID) || ONTO_EMPTY))
#define REPLACED(i) (i > ID && SHOWN(i) && REPLACES(i))
#define SUPERSEDES(i) (i > ID && mark[i] && REPLACES(i))
#define HAS_ROWS(i) (tx[k].rows[i] > 0)
#define WAITS      (!tx[k].gone && (tx[k].call || tx[k].answer && tx[k].answer != UNHEARD && tx[k].answer != CRASHED))
#define CLASH(i)   (tx[k].emptied && rows[i] < tx[k].rows[i])
#define OTHERS(i)  (i != ID && rows[i] > 0)

/* A reading statement sees the same as the first one that read or wrote. */
inline snapshot()
{
  if
  :: !tx[k].snapped ->
       tx[k].snapped = true;
       for (i : 0 .. IDS - 1) { tx[k].marks[i] = mark[i]; tx[k].rows[i] = rows[i] }
       i = 0
  :: else
  fi
}

/* The transaction is over, one way or the other. */
inline finish()
{
  if :: holder == k + 1 -> holder = 0 :: else fi;
  tx[k].open = false; tx[k].gone = false; tx[k].snapped = false;
  tx[k].emptied = false; tx[k].marked = false; tx[k].wrote = 0; tx[k].sworn = false;
  for (i : 0 .. IDS - 1) { tx[k].marks[i] = false; tx[k].rows[i] = 0 }
  i = 0
}

/* The statement has had its effect. */
inline tell(a)
{
  if :: !tx[k].gone -> tx[k].answer = a :: else fi;
  tx[k].call = 0
}

/* Good: in a batch, the next statement follows by itself. */
inline succeed()
{
#if BATCH
  if
  :: BATCHED -> tx[k].call = AFTER(tx[k].call)
  :: else -> tell(OK)
  fi
#else
  tell(OK)
#endif
}

/* Found something: in a batch, that is an error, which ends the transaction. */
inline find(a)
{
  tell(a);
#if BATCH
  if :: BATCHED -> finish() :: else fi
#endif
}

/* The client is cut off, or is no more. */
inline cut(a)
{
  tx[k].answer = a;
  if :: tx[k].open -> tx[k].gone = true :: else -> tx[k].call = 0 fi;
#if UNLOCKS_EARLY
  if :: holder == k + 1 -> holder = 0 :: else fi
#endif
}

/* n halves of a load are in the target, visible to everybody. */
inline written(n)
{
  rows[ID] = rows[ID] + n;
  loaded_twice = rows[ID] > 2;
  NEVER(loaded_twice);
#if EMPTIES || ONTO_EMPTY || PROTOCOL == TRUNCATES
  mixed = rows[ID] > 0 && SOME(OTHERS);
  NEVER(mixed);
#endif
#if ONTO_EMPTY
  load_beside_others = n > 0 && foreign;
  NEVER(load_beside_others);
#endif
  older_over_newer = n > 0 && ID + 1 < newest;
  NEVER(older_over_newer);
  false_denial = n > 0 && tx[k].sworn;
  NEVER(false_denial);
  if :: n > 0 && REPLACES(ID) && newest < ID + 1 -> newest = ID + 1 :: else fi;
  if :: n > 0 && tx[k].mine -> tx[k].kept = true :: else fi
}

inline commit()
{
#if EMPTIES
  if
  :: tx[k].emptied ->
       foreign = false;
       for (i : 0 .. IDS - 1) { rows[i] = rows[i] - tx[k].rows[i] }
       for (i : 0 .. TRIES - 1) { tx[i].kept = false }
       i = 0
  :: else
  fi;
#endif
  written(tx[k].wrote);
  mark[ID] = mark[ID] || tx[k].marked;
  finish()
}

/* The session of one try. Each option is a statement that takes effect. */
proctype Server(byte k)
{
  byte i;

end:
  do
#if LOCKS
  :: atomic { CALLED(LOCK) && FREE && SEES(LOCKED) -> NOTE;
       d_step { holder = k + 1; succeed() } }
#endif
#if LOCK_SNAPSHOTS
  :: d_step { CALLED(LOCK) && !tx[k].snapped && TURN_OF(OWNER) -> snapshot() }
#endif

#if LOOKS
  :: atomic { CALLED(LOOK) && SHOWN(ID) && SEES(LOOKED_PRESENT) -> NOTE;
       d_step { snapshot(); find(PRESENT) } }
  :: atomic { CALLED(LOOK) && !SHOWN(ID) && SEES(LOOKED_ABSENT) -> NOTE;
       d_step { snapshot(); succeed() } }
#endif

#if ONTO_EMPTY
  :: atomic { CALLED(ROOM) && (foreign || SOME(HAS_ROWS)) && SEES(ROOM_TAKEN) -> NOTE;
       d_step { snapshot(); find(TAKEN) } }
  :: atomic { CALLED(ROOM) && !foreign && !SOME(HAS_ROWS) && SEES(ROOM_EMPTY) -> NOTE;
       d_step { snapshot(); succeed() } }
#endif

#if COPYLOAD && BATCH != 1 /* of a load that was done: it is not superseded, its rows are there */
#if FENCES
  :: atomic { CALLED(STANDS) && SOME(REPLACED) && SEES_FENCE(FENCE_NEWER) -> NOTE_FENCE;
       d_step { find(NEWER) } }
  :: atomic { CALLED(STANDS) && !SOME(REPLACED) && SEES_FENCE(FENCE_OPEN) -> NOTE_FENCE;
       d_step { succeed() } }
#endif
  :: atomic { CALLED(FILLED) && (foreign || SOME(HAS_ROWS)) && SEES(ROOM_TAKEN) -> NOTE;
       d_step { succeed() } }
#endif

#if FENCES
  :: atomic { CALLED(FENCE) && SOME(IS_NEWER) && SEES_FENCE(FENCE_NEWER) -> NOTE_FENCE;
       d_step { snapshot(); find(NEWER) } }
  :: atomic { CALLED(FENCE) && !SOME(IS_NEWER) && SEES_FENCE(FENCE_OPEN) -> NOTE_FENCE;
       d_step { snapshot(); succeed() } }
#endif

  /* DELETE and COPY wait for whoever writes to the target, and may take their
     snapshot before they wait. */
#if !LOCKED_FIRST && !LATE_SNAPSHOT
  :: d_step { (CALLED(DELETE) || CALLED(COPY)) && !tx[k].snapped && TURN_OF(OWNER) -> snapshot() }
#endif
#if EMPTIES
  :: atomic { CALLED(DELETE) && FREE && SEES(DELETED) -> NOTE;
       d_step { holder = k + 1; snapshot(); tx[k].emptied = true; succeed() } }
#endif
#if COPIES
  :: atomic { CALLED(COPY) && FREE && SEES(COPIED) -> NOTE;
       d_step { holder = k + 1; snapshot(); tx[k].wrote = tx[k].wrote + 2; succeed() } }
#endif
#if SHORT_COPY
  :: atomic { CALLED(COPY) && FREE && SEES(COPIED_SHORT) -> NOTE;
       d_step { holder = k + 1; snapshot(); tx[k].wrote = tx[k].wrote + 1; SHORT_OF } }
#endif
#if MARKS
  :: atomic { CALLED(MARK) && SEES(MARKED) -> NOTE;
       d_step { snapshot(); tx[k].marked = true; succeed() } }
#endif

#if CREATES /* of two creators of one name, the second waits for the first */
  :: atomic { CALLED(CREATE) && (FREE || UNSERIALISED) && !mark[ID] && SEES(CREATED) -> NOTE;
       d_step { if :: FREE -> holder = k + 1 :: else fi; tx[k].marked = true; succeed() } }
  :: atomic { CALLED(CREATE) && FREE && mark[ID] && SEES(EXISTS) -> NOTE;
       d_step { IS_THERE } }
#endif

#if COMMITS
  :: atomic { CALLED(COMMIT) && !SOME(CLASH) && SEES(COMMITTED) -> NOTE;
       d_step { tell(OK); commit() } }
#endif

#if ALONE /* statements that are a transaction of their own */
  :: d_step { CALLED(COPY_ALONE) && FREE -> tell(OK); written(2) }
  :: d_step { CALLED(LOOK_ALONE) -> if :: rows[ID] > 0 -> tell(PRESENT) :: else -> tell(OK) fi }
  :: d_step { CALLED(MARK_ALONE) -> mark[ID] = true; tell(OK) }
  :: d_step { CALLED(CLAIM_ALONE) -> if :: mark[ID] -> tell(PRESENT) :: else -> mark[ID] = true; tell(OK) fi }
  :: d_step { CALLED(TRUNCATE_ALONE) && FREE ->
       for (i : 0 .. IDS - 1) { rows[i] = 0 }
       for (i : 0 .. TRIES - 1) { tx[i].kept = false }
       i = 0; holder = 0; tx[k].snapped = false; tell(OK) }
#endif

  /* The server may give up a transaction at any time. A client that is there
     learns of it by its next statement; what a client left in flight may also
     never begin. */
  :: atomic { tx[k].open && (SEES(ABORTED) || tx[k].gone && SEES(GONE)) -> NOTE;
       d_step {
         if :: tx[k].call -> tell(REFUSED) :: else fi;
         finish() } }
#if BATCH != 1
  :: d_step { !tx[k].open && tx[k].call && TURN_OF(OWNER) -> tell(REFUSED) }
#endif

  /* Whatever it is told, the client may not hear it, or crash first. */
  :: atomic { WAITS && SEES_AS_CLIENT(LOST) -> NOTE_AS_CLIENT; d_step { cut(UNHEARD) } }
  :: atomic { WAITS && SEES_OF_OWNER(CRASH) -> NOTE; d_step { cut(CRASHED) } }

#if BATCH != 1
  /* Sooner or later it finds out that the client is gone. */
  :: atomic { tx[k].open && tx[k].gone && !tx[k].call && SEES(GONE) -> NOTE;
       d_step { finish() } }
#endif
  od
}
