/* Made by tools/gen_contracts.py from the schemas of one, two. */
#pragma once
#include "ocpp/contracts.h"

enum tiny_colour {
    TINY_COLOUR_UNKNOWN_VALUE,
    TINY_COLOUR_RED,
    TINY_COLOUR_DARK_BLUE_2,
    TINY_COLOUR_GREEN,
    TINY_COLOUR_COUNT,
};
extern const struct str tiny_colour_words[TINY_COLOUR_COUNT];

enum tiny_kind {
    TINY_KIND_UNKNOWN_VALUE,
    TINY_KIND_A,
    TINY_KIND_B,
    TINY_KIND_COUNT,
};
extern const struct str tiny_kind_words[TINY_KIND_COUNT];

enum tiny_unit {
    TINY_UNIT_UNKNOWN_VALUE,
    TINY_UNIT_KWH,
    TINY_UNIT_W,
    TINY_UNIT_COUNT,
};
extern const struct str tiny_unit_words[TINY_UNIT_COUNT];

struct tiny_custom_data {
    struct str vendor_id;
};

struct tiny_inner {
    enum tiny_unit unit;
    int64_t limit_l2; /* x 10^6 */
};

struct tiny_ping_pong_req {
    struct str custom_data;
    enum tiny_colour color;
    struct str kind;
    int64_t size; /* x 10^6 */
    utc_ms at;
    bool seen;
    struct str link;
    struct str any;
    struct tiny_inner *inline_;
    uint32_t inline__count;
    bool has_seen;
};

struct tiny_ping_pong_res {
    char none; /* it has no fields */
};

struct tiny_send_req {
    struct str *words;
    uint32_t words_count;
};

extern const struct json_desc one_custom_data_desc;
extern const struct json_desc one_inner_desc;
extern const struct json_desc one_ping_pong_req_desc;
extern const struct json_desc one_ping_pong_res_desc;
extern const struct ocpp_actions one_actions;

extern const struct json_desc two_custom_data_desc;
extern const struct json_desc two_ping_pong_req_desc;
extern const struct json_desc two_ping_pong_res_desc;
extern const struct json_desc two_send_req_desc;
extern const struct ocpp_actions two_actions;
