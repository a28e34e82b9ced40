/* The protocols of a load, by number. 1 to 8 are the classic ones; the others hold
   as well, or are what the good ones become by one mistake. protocol() is the text
   of one try, with the verbs of load.pml; the macros above it say which statements
   of warehouse.pml it needs. */

#define AUTOCOMMIT         1
#define LOOK_COPY_MARK     2
#define UNLOCKED           3
#define APPEND             4   /* copyload, Append */
#define DELETE_COPY        5
#define REPLACE            6   /* copyload, Replace */
#define MARK_IN_JOURNAL    7
#define CREATE_AS_LEDGER   8
#define ONTO_EMPTY_TABLE   9   /* copyload, OntoEmpty */
#define APPEND_AND_REPLACE 10  /* the older load appends, the newer one replaces */

#define LOOK_THEN_LOCK     21
#define LOCK_ELSEWHERE     22
#define LOST_IS_DONE       23
#define LOST_IS_FAILED     24
#define UNCOUNTED          25
#define MARK_FIRST         26
#define FENCE_UNLOCKED     27
#define UNGUARDED          28
#define CREATE_IF_MISSING  29
#define LAST_ERROR         30
#define TRUNCATES          31
#define MARK_AFTER         32
#define COPY_REPEATED      33

#ifndef SHORT_COPY   /* a COPY may load less than there is, without an error */
#define SHORT_COPY 1
#endif
#ifndef BATCH        /* 1: each try is one batch; 2: those of every other runner */
#define BATCH 0
#endif

/* --- the protocols of copyload: in a session, or as a batch --- */

#if PROTOCOL == APPEND || PROTOCOL == UNCOUNTED || PROTOCOL == LAST_ERROR || PROTOCOL == UNGUARDED
#define COPYLOAD 1
#define REPLACES(i) false

#elif PROTOCOL == ONTO_EMPTY_TABLE
#define COPYLOAD 1
#define ONTO_EMPTY 1
#define REPLACES(i) false

#elif PROTOCOL == REPLACE
#define COPYLOAD 1
#define EMPTIES 1
#define REPLACES(i) true

#elif PROTOCOL == APPEND_AND_REPLACE
#define COPYLOAD 1
#define EMPTIES 1
#define REPLACES(i) ((i) > 0)
#endif

#if COPYLOAD
#define LOCKED_FIRST 1
#define LOOKS 1
#define MARKS 1
#if !UNORDERED
#define FENCES 1     /* the loads have generations */
#endif

inline in_session()
{
  send(LOCK);
  look_and_settle();
#if FENCES
  check(FENCE);
#endif
#if ONTO_EMPTY
  check(ROOM);
#endif
#if EMPTIES
  if
  :: REPLACES(IDENTITY(r)) -> send(DELETE)
  :: else
  fi;
#endif
  check(COPY);
  send(MARK);
  send(COMMIT)
}

/* The statement after s in a batch, where LOOK, FENCE, ROOM and the count of COPY
   are guards: what they find raises an error. */
#if PROTOCOL == UNGUARDED
#define AFTER_LOCK COPY
#else
#define AFTER_LOCK LOOK
#endif
#if ONTO_EMPTY
#define MAKE_ROOM ROOM
#elif EMPTIES
#define MAKE_ROOM (REPLACES(ID) -> DELETE : COPY)
#else
#define MAKE_ROOM COPY
#endif
#if FENCES
#define AFTER_LOOK FENCE
#else
#define AFTER_LOOK MAKE_ROOM
#endif
#define AFTER(s) \
  (s == LOCK -> AFTER_LOCK : (s == LOOK -> AFTER_LOOK : (s == FENCE -> MAKE_ROOM : (s == ROOM || s == DELETE -> COPY : (s == COPY -> MARK : COMMIT)))))

#if BATCH == 0
inline protocol() { in_session() }
#elif BATCH == 1
inline protocol() { batch(LOCK) }
#else
inline protocol()
{
  if
  :: r % 2 == 1 -> batch(LOCK)
  :: else -> in_session()
  fi
}
#endif

/* --- a table for each load, which is its own ledger --- */

#elif PROTOCOL == CREATE_AS_LEDGER || PROTOCOL == CREATE_IF_MISSING
#define CREATES 1
#define REPLACES(i) false
#define AFTER(s) (s == CREATE -> COPY : COMMIT)
#if BATCH
inline protocol() { batch(CREATE) }
#else
inline protocol() { ask(CREATE); check(COPY); send(COMMIT) }
#endif

/* --- what does not hold --- */

#elif PROTOCOL == AUTOCOMMIT
#define ALONE 1
inline protocol() { send(COPY_ALONE) }

#elif PROTOCOL == LOOK_COPY_MARK
#define ALONE 1
inline protocol() { ask(LOOK_ALONE); send(COPY_ALONE); send(MARK_ALONE) }

#elif PROTOCOL == UNLOCKED
#define LOOKS 1
#define MARKS 1
inline protocol() { ask(LOOK); send(COPY); send(MARK); send(COMMIT) }

#elif PROTOCOL == DELETE_COPY
#define EMPTIES 1
inline protocol() { send(DELETE); send(COPY); send(COMMIT) }

#elif PROTOCOL == MARK_IN_JOURNAL
#define LOCKED_FIRST 1
bool journal; /* survives a crash, and all runners see it, as in S3 */
inline protocol()
{
  send(LOCK);
  if :: journal -> d_step { leave() }; goto loaded :: else fi;
  send(COPY); send(COMMIT);
  journal = true
}

#elif PROTOCOL == LOOK_THEN_LOCK
#define LOOKS 1
#define LOCKS 1
#define MARKS 1
inline protocol() { ask(LOOK); send(LOCK); send(COPY); send(MARK); send(COMMIT) }

#elif PROTOCOL == LOCK_ELSEWHERE
#define LOOKS 1
#define MARKS 1
#define LEASES 1
byte lease; /* of a session, a row or an object of its own: free when its runner is gone */
inline protocol()
{
  lease == 0 || lease == r + 1;
  lease = r + 1;
  ask(LOOK); send(COPY); send(MARK); send(COMMIT);
  lease = 0
}

#elif PROTOCOL == LOST_IS_DONE
#define LOCKED_FIRST 1
#define LOOKS 1
#define MARKS 1
inline protocol()
{
  send(LOCK); ask(LOOK); send(COPY); send(MARK);
  tx[k].call = COMMIT;
  tx[k].answer != 0;
  if
  :: tx[k].answer == REFUSED -> d_step { leave() }; goto again
  :: tx[k].answer == CRASHED -> d_step { leave(); forget() }; goto again
  :: else -> d_step { leave() } /* told that it is done, or not told */
  fi
}

#elif PROTOCOL == LOST_IS_FAILED
#define LOCKED_FIRST 1
#define LOOKS 1
#define MARKS 1
inline protocol()
{
  send(LOCK);
  if
  :: doubt
  :: !doubt -> ask(LOOK)
  fi;
  send(COPY); send(MARK); send(COMMIT)
}

#elif PROTOCOL == MARK_FIRST
#define ALONE 1
inline protocol() { ask(CLAIM_ALONE); send(COPY); send(COMMIT) }

#elif PROTOCOL == FENCE_UNLOCKED
#define LOOKS 1
#define FENCES 1
#define EMPTIES 1
#define MARKS 1
inline protocol() { ask(LOOK); check(FENCE); send(DELETE); send(COPY); send(MARK); send(COMMIT) }

#elif PROTOCOL == TRUNCATES
#define LOCKED_FIRST 1
#define LOOKS 1
#define FENCES 1
#define ALONE 1
inline protocol() { send(LOCK); ask(LOOK); check(FENCE); send(TRUNCATE_ALONE); send(COPY_ALONE); send(MARK_ALONE) }

#elif PROTOCOL == MARK_AFTER
#define LOCKED_FIRST 1
#define LOOKS 1
#define ALONE 1
inline protocol()
{
  send(LOCK); ask(LOOK); send(COPY); send(COMMIT);
  d_step { tx[k].open = true; tx[k].mine = true };
  send(MARK_ALONE)
}

#elif PROTOCOL == COPY_REPEATED
#define LOCKED_FIRST 1
#define LOOKS 1
#define MARKS 1
inline protocol()
{
  send(LOCK); ask(LOOK);
  send(COPY);
  if :: send(COPY) :: skip fi; /* the answer was lost, the session was not */
  send(MARK); send(COMMIT)
}
#endif

/* --- what follows from that --- */

#ifndef REPLACES
#define REPLACES(i) (EMPTIES || PROTOCOL == TRUNCATES)
#endif
#ifndef EMPTIES
#define EMPTIES 0
#endif
#ifndef ONTO_EMPTY
#define ONTO_EMPTY 0
#endif

#if LOCKED_FIRST
#define LOCKS 1
#endif
#if !ALONE || PROTOCOL == MARK_FIRST || PROTOCOL == MARK_AFTER
#define COPIES 1
#define COMMITS 1
#endif

#if PROTOCOL == UNCOUNTED
#define SHORT_OF succeed()
#else
#define SHORT_OF find(SHORT)
#endif

#if PROTOCOL == CREATE_IF_MISSING
#define IS_THERE succeed()
#else
#define IS_THERE find(PRESENT)
#endif

#if PROTOCOL == LAST_ERROR
#define FORGETS_DOUBT 1
#endif

#ifndef UNSERIALISED
#define UNSERIALISED 0
#endif
