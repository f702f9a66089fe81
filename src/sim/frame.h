/* frame.h: the array around a payload, as a station reads and writes it (OCPP-J §4.2). */
#pragma once
#include "base/base.h"

enum sim_frame_type { SIM_FRAME_CALL = 2, SIM_FRAME_RESULT = 3, SIM_FRAME_ERROR = 4 };

struct sim_frame {
    enum sim_frame_type type;
    struct str id, action, payload; /* of the text, or in the arena */
};

/* False: no frame that a station knows. */
bool sim_frame_read(struct arena *arena, struct str text, struct sim_frame *frame);
void sim_frame_write_call(struct buf *out, struct str id, struct str action, struct str payload);
void sim_frame_write_result(struct buf *out, struct str id, struct str payload);
void sim_frame_write_error(struct buf *out, struct str id, struct str code, struct str description);
