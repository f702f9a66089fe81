/* frame.h: the RPC layer: [2,id,action,{}], [3,id,{}], [4,id,code,text,{}], of 2.1 also [5,...] and
 * [6,id,action,{}]. Sources: 1.6-J §4.2; 2.0.1 Part 4 §4.2; 2.1 Part 4 §4.2.
 */
#pragma once
#include "base/base.h"
#include "domain/words.h"

enum frame_type {
    FRAME_NONE = 0, /* a type that we do not know: ignored in all versions */
    FRAME_CALL = 2,
    FRAME_RESULT = 3,
    FRAME_ERROR = 4,
    FRAME_RESULT_ERROR = 5, /* 2.1: our CALLRESULT was wrong */
    FRAME_SEND = 6,         /* 2.1: never answered */
};

enum { MESSAGE_ID_MAX = 36, ERROR_TEXT_MAX = 255 };

struct frame {
    enum frame_type type;
    struct str id;      /* decoded; "-1" stands for one that cannot be read */
    struct str action;  /* CALL, SEND */
    struct str payload; /* raw JSON */
    struct str error_code, error_text;
    bool unread; /* frame_read_head: nobody has looked into the payload */
};

/* ERR_FRAMEWORK: no JSON, or no array of such a form; ERR_BAD_FORMAT: a CALL whose id can be read,
 * but not all else (frame->id is set). Spans lie in `text` or in the arena. */
MUST_CHECK enum err frame_read(struct str text, struct arena *arena, struct frame *frame);

/* The same for whoever reads the payload anyway, so that it is not gone over twice: of a plain CALL
 * the payload is all that stands between the action and the last bracket. False: it is none;
 * frame_read says what it is, and so it does when the payload turns out to be no JSON. */
MUST_CHECK bool frame_read_head(struct str text, struct arena *arena, struct frame *frame);

/* Does it begin as a CALL does? Costs nothing, and most frames do. */
bool frame_is_call(struct str text);

struct str frame_write_result(struct arena *arena, struct str id, struct str payload);
/* The text is cut to ERROR_TEXT_MAX code points and may come from anywhere: it is written as a JSON
 * string. */
struct str frame_write_error(struct arena *arena, struct str id, struct str code, struct str text);
