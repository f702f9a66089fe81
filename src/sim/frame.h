/* frame.h: the array around a payload, as a station reads and writes it (OCPP-J §4.2).
 *
 * Written apart from ocpp/frame.h on purpose: the simulator is the other end of the wire, and two
 * readers of one specification find what one of them got wrong.
 */
#pragma once
#include "base/base.h"

enum sim_frame_type { SIM_FRAME_CALL = 2, SIM_FRAME_RESULT = 3, SIM_FRAME_ERROR = 4 };

/* Spans of the text. id and action stand as they were sent, escapes and all, so that an id can be
 * echoed. */
struct sim_frame {
    enum sim_frame_type type;
    struct str id, action; /* action: of a CALL; the code of an ERROR */
    struct str payload;    /* of a CALL or RESULT: an object */
};

/* False: no frame that a station knows. */
bool sim_frame_read(struct str text, struct sim_frame *frame);
/* `id`, `action`, `code` and `description` must need no escapes, or have them already. */
void sim_frame_write_call(struct buf *out, struct str id, struct str action, struct str payload);
void sim_frame_write_result(struct buf *out, struct str id, struct str payload);
void sim_frame_write_error(struct buf *out, struct str id, struct str code, struct str description);
