/* The load of one table, by N runners with T tries each. A runner may lose any
   answer, or crash anywhere; what it has sent takes effect all the same. Which
   PROTOCOL it follows is in protocols.pml; README.md has the results. */

#ifndef N
#define N 2
#endif
#ifndef T
#define T 2
#endif
#ifndef IDS          /* loads with identities of their own; runners share them in turn */
#define IDS 1
#endif

#include "never.pml"
#include "trace.pml"
#include "protocols.pml"
#include "warehouse.pml"

/* The client of try k turns away. The server need not notice at once. */
inline leave()
{
  tx[k].answer = 0;
  tx[k].gone = tx[k].open;
#if LEASES
  lease = 0;
#endif
}

/* Sends a statement, or a batch that begins with it, and waits for the answer,
   which is then in got. */
inline wait(s)
{
  tx[k].call = s;
  AWAIT(TURN_OF(r) && tx[k].answer != 0);
  d_step { got = tx[k].answer; tx[k].answer = 0 };
  if
  :: got == UNHEARD -> d_step { leave(); doubt = true }; goto again
  :: got == CRASHED -> d_step { leave(); forget() }; goto again
  :: else
  fi
}

inline send(s)
{
  wait(s);
  if
  :: got == REFUSED -> goto again
  :: else
  fi
}

/* Goes on only if the answer is good. */
inline check(s)
{
  send(s);
  if
  :: got != OK -> d_step { leave() }; goto again
  :: else
  fi
}

/* Asks whether there is anything left to do. */
inline ask(s)
{
  send(s);
  if
  :: got == PRESENT -> d_step { leave() }; goto loaded
  :: else
  fi
}

/* The same under the lock, which settles what became of earlier tries: they have
   ended, or can no longer commit, because COMMIT is sent under the lock. A load
   that was done must not be superseded since, and its rows must be there. */
inline look_and_settle()
{
  send(LOOK);
  if
  :: got == PRESENT ->
#if FENCES
       send(STANDS);
       if
       :: got == NEWER -> d_step { leave(); doubt = false }; goto again
       :: else
       fi;
#endif
       send(FILLED);
       d_step { leave() };
       goto loaded
  :: else -> doubt = false
  fi
}

/* Sends a batch. If it failed, a plain query says whether its load was done; that
   is not asked if the batch is to be run again anyway. */
inline batch(s)
{
  wait(s);
  if
  :: got != OK ->
       d_step { leave() };
       if
       :: mark[ID] && !SOME(SUPERSEDES) -> goto loaded
       :: !mark[ID] || SOME(SUPERSEDES) -> goto again
       :: got == REFUSED -> goto again
       fi
  :: else
  fi
}

/* The run is over: nobody remembers what its tries may have done. */
inline forget()
{
  doubt = false; running = false;
  for (i : 0 .. T - 1) { tx[r * T + i].mine = false; tx[r * T + i].kept = false }
  i = 0
}

/* "It failed, and nothing of it is in the table, nor will be." */
inline deny()
{
  for (i : 0 .. T - 1) {
    false_denial = false_denial || tx[r * T + i].mine && tx[r * T + i].kept;
    tx[r * T + i].sworn = tx[r * T + i].mine && tx[r * T + i].open
  }
  NEVER(false_denial);
  forget()
}

/* "The rows are in the table, once." A newer generation may have replaced them. */
inline claim()
{
  false_success = rows[IDENTITY(r)] != 2 && newest <= IDENTITY(r) + 1;
  NEVER(false_success);
  forget()
}

/* A run is one call of copyload.Run, with as many tries as are left. After it
   has ended, or crashed, the next one begins. The process gives way to others
   only where it waits. */
proctype Runner(byte r)
{
  byte k, t, i;
  bool running;
  bool doubt;  /* an earlier try of this run may have committed */
  mtype got;

  atomic {
    running = false;
again:
    k = 0; got = 0;
end_again:
    if
    :: t < T && SEES_BEGIN ->
         d_step { k = r * T + t; t++; tx[k].open = true; tx[k].mine = true; running = true }; NOTE
    :: (running || TRACED) && SEES_OF_RUNNER(UNKNOWN) -> NOTE; d_step { forget() }; goto again
    :: (running || TRACED) && SEES_OF_RUNNER(CRASH) -> NOTE; d_step { forget() }; goto again
    :: (running || TRACED) && !doubt && SEES_OF_RUNNER(FAILED) -> NOTE; d_step { deny() }; goto again
    OR_OVER
    fi;
#if FORGETS_DOUBT
    doubt = false;
#endif
    protocol();
#if TRACED
    AWAIT(SEES_AS_CLIENT(TOLD)) -> NOTE_AS_CLIENT;
#endif
loaded:
    if
    :: SEES_OF_RUNNER(DONE) -> NOTE; d_step { claim() }
#if TRACED
    :: SEES_OF_RUNNER(CRASH) -> NOTE; d_step { forget() }
#endif
    OR_OVER
    fi;
    goto again;
    IS_OVER
  }
}

init {
  byte i;
  atomic {
    START;
#if ONTO_EMPTY
    if :: foreign = true :: skip fi;
#endif
    for (i : 0 .. N - 1) { run Runner(i) }
    for (i : 0 .. TRIES - 1) { run Server(i) }
    i = 0
  }
}
