/* frames.h: what the stations of a benchmark say, in the sizes of real ones. Frames are made from
 * templates in which only digits change, so that making one costs nothing beside a server.
 */
#pragma once
#include "base/base.h"

enum frames_protocol { FRAMES_16, FRAMES_201, FRAMES_PROTOCOL_COUNT };

/* In this order; METER again and again: 2.0.1 TransactionEvent(Updated) with six sampled values,
 * 1.6 MeterValues with four. */
enum frames_step {
    FRAMES_BOOT,
    FRAMES_STATUS_1,
    FRAMES_STATUS_2,
    FRAMES_START,
    FRAMES_METER,
    FRAMES_STEP_COUNT
};

#define FRAMES_TOKEN STR("BENCH00000000001")
enum { FRAME_SIZE = 2048 };

/* What differs. */
struct frames_moment {
    uint32_t station, number; /* of the station; of the message on its connection. < 10^7 */
    int64_t transaction_id;   /* 1.6: the server's */
    utc_ms at;
};

/* Subprotocol of the WebSocket handshake. */
struct str frames_subprotocol(enum frames_protocol protocol);
/* The frame, in `memory` of FRAME_SIZE bytes. */
struct str frames_write(enum frames_protocol protocol, enum frames_step step,
                        const struct frames_moment *moment, char *memory);
/* What a session has counted after so many frames of its station, from BOOT on. */
int64_t frames_energy_mwh(enum frames_protocol protocol, uint32_t frames);
/* The payload of a call, without type, id and action. */
struct str frames_payload(struct str frame);
