/* One object, copied in P parts with a multipart upload and a journal, by a
   program that may end anywhere and is run T times. Any answer may be lost, any
   request may take effect long after its sender has given it up, the source may
   be replaced at any moment, and an upload may be taken away by somebody else.
   The program is bridge.Copier; README.md says what is left out.

   Content is a number: 0 is nothing, 1 + v a part of version v as it should be,
   with READ_FLIP or WIRE_FLIP if a bit was turned before or after the program
   computed its checksum, OLD what the target had before. */

#ifndef T
#define T 2
#endif
#define P        2
#define VERSIONS 2
#define UPLOADS  2

#define READ_FLIP  8
#define WIRE_FLIP 16
#define OLD       32

#ifndef STORED       /* the source stores a checksum of the whole object */
#define STORED 1
#endif
#ifndef TRAILER      /* the target verifies each part before it takes it: HTTPS */
#define TRAILER 1
#endif

/* The mistakes that it could make. */
#define UNPINNED           1  /* the ETag of the source */
#define JOURNAL_AFTER_PART 2
#define TRUSTS_ANY_PART    3  /* on resuming, whatever its checksum */
#define NO_CHECKSUM        4  /* of the whole, before the upload is completed */
#define FORGETS_FIRST      5  /* the journal's entry, before the upload is completed */
#define UNBOUND            6  /* an upload of another version is resumed */
#define NO_ABORT           7  /* of the upload that a new one replaces */
#define FORGETS_THEN_ABORTS 8
#define LISTS_NO_PARTS     9
#define LOST_IS_DONE      10  /* the answer to CompleteMultipartUpload */
#define SETTLES_BY_SIZE   11  /* an object of the right size is taken for the copy */
#ifndef MISTAKE
#define MISTAKE 0
#endif

#include "never.pml"

/* Without either of them, nothing says whether a part that an earlier run sent
   is as it should be. */
#ifdef RESUMES_NOTHING
#define RESUMABLE 0
#else
#define RESUMABLE 1
#endif

#define MAY_GET (pin == version + 1 || MISTAKE == UNPINNED)
#define BOUND   (up[journal - 1].bound == pin || MISTAKE == UNBOUND)

mtype = { OPEN, COMPLETED, ABORTED };
mtype = { PART, COMPLETE, ABORT };

typedef Upload {
  mtype state;
  byte bound;        /* to 1 + a version of the source: the journal keeps it */
  byte part[P];
  bool acked[P];     /* the program was told that the part is in place */
}

Upload up[UPLOADS];
byte object[P];      /* at the target */
byte version;        /* of the source */
byte journal;        /* 1 + the upload that it remembers, or 0 */
byte reported;       /* 1 + the version that was said to be copied */

/* A request that its sender has given up, and that may yet take effect. */
mtype stray;
byte stray_up, stray_n, stray_list[P];

/* What must never be true. */
bool mixed, damaged, older_after_newer, sent_twice, unknown_upload, false_success;

#define SOME(p) (p(0) || p(1)) /* of the parts, or of the uploads */

#define OTHER_VERSION(i) (object[i] % READ_FLIP != object[0] % READ_FLIP)
#define BAD_PART(i)      (object[i] >= READ_FLIP)
#define STRAYED(i)       (up[stray_up].part[i] != stray_list[i])

/* Upload w is over, and no request for it has an effect any more. */
inline close(w, how)
{
  up[w].state = how;
  for (j : 0 .. P - 1) {
    up[w].part[j] = 0;
    if :: how == ABORTED -> up[w].acked[j] = false :: else fi;
    if :: stray && stray_up == w -> stray_list[j] = 0 :: else fi
  }
  j = 0;
  if :: stray && stray_up == w -> stray = 0; stray_up = 0; stray_n = 0 :: else fi
}

/* The target puts parts together. */
inline put_object(w)
{
  for (j : 0 .. P - 1) { object[j] = up[w].part[j] }
  close(w, COMPLETED);
  mixed = SOME(OTHER_VERSION);
  NEVER(mixed);
  damaged = SOME(BAD_PART);
  NEVER(damaged);
  older_after_newer = reported > object[0];
  NEVER(older_after_newer)
}

/* A request that was sent long ago arrives, or never does. */
proctype Stray()
{
  byte j;

end:
  do
  :: d_step { stray == PART -> up[stray_up].part[stray_n] = stray_list[0];
       stray = 0; stray_up = 0; stray_n = 0; stray_list[0] = 0 }
  :: d_step { stray == ABORT -> close(stray_up, ABORTED) }
  :: d_step { stray == COMPLETE && !SOME(STRAYED) -> put_object(stray_up) }
  :: d_step { stray != 0 -> stray = 0; stray_up = 0; stray_n = 0; stray_list[0] = 0; stray_list[1] = 0 }
  od
}

/* The source is replaced; a lifecycle rule of the target ends an upload. */
proctype Others()
{
  byte j;
  bool expired;

end:
  do
  :: version < VERSIONS - 1 -> version++
  :: d_step { !expired && up[0].state == OPEN -> close(0, ABORTED); expired = true }
  :: d_step { !expired && up[1].state == OPEN -> close(1, ABORTED); expired = true }
  od
}

#define SENT_BEFORE(w)  (up[w].bound == pin && up[w].acked[n] && (up[w].state == OPEN || up[w].state == COMPLETED && STORED))
#define UNKNOWN(w)      (up[w].state == OPEN && journal != w + 1)
#define UNNAMED(w)      (UNKNOWN(w) && !(window && u == w + 1 && !up[w].acked[0] && !up[w].acked[1]))
#define NOT_IN_PLACE(i) (object[i] != pin)
#define NOT_AS_SENT(i)  (object[i] != have[i])
#define UNLIKE(i)       (up[u - 1].part[i] != have[i])  /* its ETag is not the one that is named */
#if MISTAKE == TRUSTS_ANY_PART
#define FALSE_PART(i)   (have[i] != pin && !resumed[i])
#else
#define FALSE_PART(i)   (have[i] != pin)
#endif

/* The end of the program, wherever it comes. An upload that is open is one that
   the journal knows. In the one window that cannot be closed, between S3's
   making an upload and the journal's having it, there is an upload without parts
   that nobody can name; it is left out of what follows. */
inline end_run()
{
  unknown_upload = SOME(UNNAMED);
  NEVER(unknown_upload);
  if :: window -> close(u - 1, ABORTED) :: else fi;
  window = false; pin = 0; u = 0; n = 0; content = 0;
  for (j : 0 .. P - 1) { have[j] = 0; resumed[j] = false }
  j = 0
}

/* Aborts upload w; the answer may be lost any number of times. */
inline abort_upload(w)
{
#if MISTAKE != NO_ABORT
  do
  :: up[w].state == OPEN ->
       d_step { close(w, ABORTED) };
       if :: break :: goto ended fi
  :: up[w].state != OPEN -> break
  :: stray == 0 && up[w].state == OPEN -> d_step { stray = ABORT; stray_up = w }; goto ended
  :: goto ended
  od
#else
  skip
#endif
}

proctype Copier()
{
  byte t, j;
  byte pin;        /* 1 + the version that it copies */
  byte u;          /* 1 + its upload */
  byte n;          /* the part that is next */
  byte content;
  byte have[P];    /* what it knows, by checksum and ETag, to lie in the upload */
  bool window;     /* its upload exists, and the journal has not heard of it */
  bool resumed[P]; /* and what of it an earlier run sent */

next_run:
  atomic { if :: t < T -> t++ :: else -> goto over fi };

look: /* HEAD of the source */
  atomic {
    if
    :: d_step { pin = version + 1; u = 0; n = 0 }
    :: goto ended
    fi };

resume: /* the journal's upload, if it is bound to this version and still there */
  atomic {
    if
    :: journal != 0 && up[journal - 1].state == OPEN && BOUND && RESUMABLE ->
         d_step {
           u = journal;
#if MISTAKE != LISTS_NO_PARTS
           for (j : 0 .. P - 1) { have[j] = up[u - 1].part[j]; resumed[j] = have[j] != 0 }
           j = 0
#endif
         };
         goto send
    :: journal != 0 && up[journal - 1].state != OPEN && BOUND && STORED && !SOME(NOT_IN_PLACE) -> goto forget
#if MISTAKE == SETTLES_BY_SIZE
    :: journal != 0 && up[journal - 1].state != OPEN && BOUND && object[0] != 0 -> goto forget
#endif
    :: journal != 0 && !(up[journal - 1].state == OPEN && BOUND && RESUMABLE) -> goto abandon
    :: journal == 0 -> goto create
    :: goto ended
    fi };

abandon: /* the upload that the journal has */
  atomic {
#if MISTAKE == FORGETS_THEN_ABORTS
    u = journal; journal = 0;
    goto abandon_now };
abandon_now:
  atomic {
    abort_upload(u - 1); goto create };
#else
    abort_upload(journal - 1) };
  atomic { if :: journal = 0; goto create :: goto ended fi };
#endif

create: /* an answer that is lost leaves an upload that nobody can name, see end_run */
  atomic {
    if
    :: (up[0].state != OPEN && journal != 1 || up[1].state != OPEN && journal != 2) ->
         d_step {
           u = (up[0].state != OPEN && journal != 1 -> 1 : 2);
           close(u - 1, ABORTED);
           up[u - 1].state = OPEN; up[u - 1].bound = pin; window = true }
    :: goto ended
    fi };

#if MISTAKE != JOURNAL_AFTER_PART
save:
  atomic {
    if
    :: d_step { journal = u; window = false }
    :: goto not_saved
    :: goto ended
    fi };
#endif

send:
  atomic {
    if
    :: n == P -> goto complete
    :: n < P && have[n] != 0 -> n++; goto send
    :: n < P && have[n] == 0
    fi;
    d_step { sent_twice = SOME(SENT_BEFORE); NEVER(sent_twice) };
    /* a GET of the part, if the source is still that version, */
    if
    :: !MAY_GET -> goto hopeless
    :: MAY_GET -> content = version + 1
#if STORED
    :: MAY_GET -> content = version + 1 + READ_FLIP
#endif
    :: goto ended
    fi;
    /* and an UploadPart, which arrives, or not, or later */
    if
    :: up[u - 1].state != OPEN -> goto hopeless
    :: up[u - 1].state == OPEN ->
         up[u - 1].part[n] = content;
         if
         :: d_step { up[u - 1].acked[n] = true; have[n] = content; content = 0 }
         :: content = 0; goto send
         :: goto ended
         fi
#if !TRAILER
    :: up[u - 1].state == OPEN ->
         up[u - 1].part[n] = content + WIRE_FLIP;
         if
         :: content = 0; goto hopeless /* the answer has another checksum */
         :: content = 0; goto send
         :: goto ended
         fi
    :: stray == 0 && up[u - 1].state == OPEN ->
         d_step { stray = PART; stray_up = u - 1; stray_n = n; stray_list[0] = content + WIRE_FLIP };
         if :: content = 0; goto send :: goto ended fi
#endif
    :: stray == 0 && up[u - 1].state == OPEN ->
         d_step { stray = PART; stray_up = u - 1; stray_n = n; stray_list[0] = content };
         if :: content = 0; goto send :: goto ended fi
    :: goto ended
    fi };
#if MISTAKE == JOURNAL_AFTER_PART
  atomic {
    if
    :: d_step { journal = u; window = false }
    :: goto ended
    fi };
#endif
  goto send;

complete: /* if the checksums of the parts make that of the whole */
  atomic {
#if STORED && MISTAKE != NO_CHECKSUM
    if
    :: SOME(FALSE_PART) -> goto hopeless
    :: else
    fi;
#endif
    skip };
#if MISTAKE == FORGETS_FIRST
  journal = 0;
#endif
completing:
  atomic {
    if
    :: up[u - 1].state == OPEN && !SOME(UNLIKE) ->
         d_step { put_object(u - 1) };
         if
         :: goto forget
         :: goto completing
         :: goto ended
         fi
    :: up[u - 1].state == OPEN && SOME(UNLIKE) -> goto hopeless
    :: up[u - 1].state == COMPLETED -> goto forget
    :: up[u - 1].state != OPEN && !SOME(NOT_AS_SENT) -> goto forget /* NoSuchUpload, but the object is in place */
    :: up[u - 1].state != OPEN && SOME(NOT_AS_SENT) -> goto hopeless
    :: stray == 0 && up[u - 1].state == OPEN ->
         d_step { stray = COMPLETE; stray_up = u - 1; stray_list[0] = have[0]; stray_list[1] = have[1] };
         if
#if MISTAKE == LOST_IS_DONE
         :: goto forget
#endif
         :: goto completing
         :: goto ended
         fi
    :: goto ended
    fi };

not_saved: /* an upload that the journal would not take is aborted, once */
  atomic { abort_upload(u - 1) };
  atomic { window = false; goto ended };

hopeless: /* going on would end the same way */
  atomic { abort_upload(u - 1) };
  atomic {
    if
    :: d_step { journal = 0; for (j : 0 .. P - 1) { have[j] = 0 } j = 0 };
       goto look
    :: goto ended
    fi };

forget: /* it is done, even if the journal cannot be told */
  atomic {
    if :: journal = 0 :: skip :: goto ended fi;
    d_step {
      false_success = SOME(NOT_IN_PLACE);
      NEVER(false_success);
      reported = pin;
      end_run() };
    goto over };

ended:
  atomic { d_step { end_run() }; goto next_run };

over:
  skip
}

init {
  atomic {
    object[0] = OLD; object[1] = OLD;
    run Copier(); run Stray(); run Others()
  }
}
