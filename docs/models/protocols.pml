/* The protocols of a load, by number. 1 to 8 are the classic ones; the others
   hold too, or are what the good ones become by one mistake. Each is the text of
   one try; labels: again (another try), lost, loaded. The macros below each say
   which statements of warehouse.pml it needs. */

#define AUTOCOMMIT       1
#define LOOK_COPY_MARK   2
#define UNLOCKED         3
#define APPEND           4   /* copyload, Append */
#define DELETE_COPY      5
#define REPLACE          6   /* copyload, Replace */
#define MARK_IN_JOURNAL  7
#define CREATE_AS_LEDGER 8
#define ONTO_EMPTY_TABLE 9   /* copyload, OntoEmpty */
#define GUARDED_BATCH    10
#define CREATE_BATCH     11

#define LOOK_THEN_LOCK   21
#define LOCK_ELSEWHERE   22
#define LOST_IS_DONE     23
#define LOST_IS_FAILED   24
#define UNCOUNTED        25
#define MARK_FIRST       26
#define FENCE_UNLOCKED   27
#define UNGUARDED_BATCH  28
#define CREATE_IF_MISSING 29
#define LAST_ERROR       30
#define TRUNCATES        31
#define MARK_AFTER       32
#define COPY_REPEATED    33
#define REPLACE_UNFENCED 34

#if PROTOCOL == AUTOCOMMIT
#define ALONE 1
inline protocol() { send(COPY_ALONE) }

#elif PROTOCOL == LOOK_COPY_MARK
#define ALONE 1
inline protocol() { ask(LOOK_ALONE); send(COPY_ALONE); send(MARK_ALONE) }

#elif PROTOCOL == UNLOCKED
#define LOOKS 1
#define MARKS 1
inline protocol() { ask(LOOK); send(COPY); send(MARK); send(COMMIT) }

#elif PROTOCOL == APPEND || PROTOCOL == UNCOUNTED || PROTOCOL == LAST_ERROR
#define LOCKED_FIRST 1
#define LOOKS 1
#define MARKS 1
inline protocol() { send(LOCK); ask(LOOK); settled(); check(COPY); send(MARK); send(COMMIT) }

#elif PROTOCOL == ONTO_EMPTY_TABLE
#define LOCKED_FIRST 1
#define LOOKS 1
#define MARKS 1
#define ONTO_EMPTY 1
inline protocol() { send(LOCK); ask(LOOK); settled(); check(ROOM); check(COPY); send(MARK); send(COMMIT) }

#elif PROTOCOL == DELETE_COPY
#define EMPTIES 1
inline protocol() { send(DELETE); send(COPY); send(COMMIT) }

#elif PROTOCOL == REPLACE
#define LOCKED_FIRST 1
#define LOOKS 1
#define FENCES 1
#define EMPTIES 1
#define MARKS 1
inline protocol() { send(LOCK); ask(LOOK); settled(); check(FENCE); send(DELETE); check(COPY); send(MARK); send(COMMIT) }

#elif PROTOCOL == REPLACE_UNFENCED
#define LOCKED_FIRST 1
#define LOOKS 1
#define EMPTIES 1
#define MARKS 1
inline protocol() { send(LOCK); ask(LOOK); settled(); send(DELETE); check(COPY); send(MARK); send(COMMIT) }

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

#elif PROTOCOL == CREATE_AS_LEDGER || PROTOCOL == CREATE_IF_MISSING
#define CREATES 1
inline protocol() { ask(CREATE); check(COPY); send(COMMIT) }

#elif PROTOCOL == GUARDED_BATCH
#define LOCKED_FIRST 1
#define LOOKS 1
#define MARKS 1
#define BATCH 1
#define AFTER(s) (s == LOCK -> LOOK : (s == LOOK -> COPY : (s == COPY -> MARK : COMMIT)))
inline protocol() { batch(LOCK) }

#elif PROTOCOL == UNGUARDED_BATCH
#define LOCKED_FIRST 1
#define MARKS 1
#define BATCH 1
#define AFTER(s) (s == LOCK -> COPY : (s == COPY -> MARK : COMMIT))
inline protocol() { batch(LOCK) }

#elif PROTOCOL == CREATE_BATCH
#define CREATES 1
#define BATCH 1
#define AFTER(s) (s == CREATE -> COPY : COMMIT)
inline protocol() { batch(CREATE) }

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
  send(LOCK); ask(LOOK); settled(); send(COPY); send(MARK);
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
  if :: doubt :: !doubt -> ask(LOOK) fi;
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
  send(LOCK); ask(LOOK); settled();
  send(COPY);
  if :: send(COPY) :: skip fi; /* the answer was lost, the session was not */
  send(MARK); send(COMMIT)
}
#endif

/* What each is about. */

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

/* The lock is held and the ledger has no mark: no earlier try of this runner has
   committed, and none can, for its COMMIT would have been sent under the lock. */
inline settled() { doubt = false }
