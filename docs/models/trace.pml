/* What is observed. In a search for errors nothing is, and all of this is empty.
   With TRACED, an observable step is possible only if it is the next event of
   the trace that was chosen at the start; package conform writes traces.h. */

#if !TRACED
#define IDENTITY(r) ((r) % IDS)   /* which load runner r is at */
#else
#define IDENTITY(r) identity[r]
#endif

#if TRACED

/* The numbers of the events; package conform has the same. */
#define BEGUN           1
#define LOCKED          2
#define LOOKED_ABSENT   3
#define LOOKED_PRESENT  4
#define ROOM_EMPTY      5
#define ROOM_TAKEN      6
#define FENCE_OPEN      7
#define FENCE_NEWER     8
#define DELETED         9
#define COPIED         10
#define COPIED_SHORT   11
#define MARKED         12
#define COMMITTED      13
#define ABORTED        14
#define GONE           15
#define CREATED        16
#define EXISTS         17
#define TOLD           18
#define LOST           19
#define DONE           20
#define FAILED         21
#define UNKNOWN        22
#define CRASH          23

c_decl {
\#include "traces.h"
}

short which, last;  /* of the traces: the one that is followed, and the last of them */
short at;           /* where it is in that */
int expected;       /* the event there */
bool learnt;        /* the trace has what the client of each try learnt, */
bool fenced;        /* and what the look for a newer load found */
byte over;          /* 1 + the runner of whom the trace has no more */
byte identity[N];

#define EVENT(e, r, try) ((e) + 32 * ((try) + 64 * (r)))
#define OF_TRY(e)   EVENT(e, OWNER, (k) % T + 1)

/* A step that is not seen is left until the next event is one of its own runner.
   That loses no trace: such a step touches nothing that another runner reads, so
   it can as well come later. What follows a batch that failed reads the ledger,
   and is left as it is. */
#define OWNER_OF(e)        ((e) / (32 * 64))
#define TURN_OF(r)         (BATCH || expected != 0 && OWNER_OF(expected) == (r))

#define SEES(e)            (expected == OF_TRY(e))
#define SEES_OF_OWNER(e)   (expected == EVENT(e, OWNER, 0))
#define SEES_OF_RUNNER(e)  (expected == EVENT(e, r, 0))
#define SEES_BEGIN         (expected == EVENT(BEGUN, r, t + 1))
#define SEES_AS_CLIENT(e)  (learnt && SEES(e) || !learnt && TURN_OF(OWNER))
#define SEES_FENCE(e)      (fenced && SEES(e) || !fenced && TURN_OF(OWNER))
#define NOTE \
  c_code { \
    now.at++; \
    now.over = runner_that_is_over(now.which, now.at); \
    now.expected = now.over ? 0 : event_at(now.which, now.at); \
  }
#define NOTE_AS_CLIENT     if :: learnt -> NOTE :: else fi
#define NOTE_FENCE         if :: fenced -> NOTE :: else fi

/* Of a runner that is not seen again, what it waits for makes no difference any
   more. So it is forgotten, before anything else happens. */
#define AWAIT(c)           if :: c OR_OVER fi
#define OR_OVER            :: over == r + 1 -> goto is_over
#define IS_OVER \
is_over: skip; \
    d_step { \
      for (i : 0 .. T - 1) { \
        tx[r * T + i].call = 0; tx[r * T + i].answer = 0; tx[r * T + i].open = false; tx[r * T + i].gone = false; \
        tx[r * T + i].mine = false; tx[r * T + i].kept = false; tx[r * T + i].sworn = false \
      } \
      k = 0; t = 0; i = 0; got = 0; running = false; doubt = false; over = 0; \
      c_code { now.expected = event_at(now.which, now.at); } \
    }; \
    false

#define START \
  c_code { now.which = first_trace(); now.last = last_trace(); }; \
  do \
  :: which < last -> which++ \
  :: break \
  od; \
  c_code { \
    now.expected = event_at(now.which, 0); \
    now.learnt = learnt_of[now.which]; \
    now.fenced = fenced_of[now.which]; \
    for (int r = 0; r < N; r++) now.identity[r] = identity_of[now.which][r]; \
  }

#else

#define TRACED 0
#define TURN_OF(r)         true
#define AWAIT(c)           c
#define OR_OVER
#define IS_OVER
#define SEES(e)            true
#define SEES_OF_OWNER(e)   true
#define SEES_OF_RUNNER(e)  true
#define SEES_BEGIN         true
#define SEES_AS_CLIENT(e)  true
#define SEES_FENCE(e)      true
#define NOTE               skip
#define NOTE_AS_CLIENT     skip
#define NOTE_FENCE         skip
#define START              skip

#endif
