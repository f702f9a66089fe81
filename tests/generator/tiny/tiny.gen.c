#include "tiny.gen.h"

const struct str tiny_colour_words[TINY_COLOUR_COUNT] = {
    STR_INIT(""),
    STR_INIT("Red"),
    STR_INIT("darkBlue-2"),
    STR_INIT("Green"),
};
static const uint8_t tiny_colour_slots[4] = {
    3, 2, 1, 0,
};
static const struct json_words tiny_colour_list = { tiny_colour_words, 3, { tiny_colour_slots, 0x9e3779b97f4a7c15, 62 } };

const struct str tiny_kind_words[TINY_KIND_COUNT] = {
    STR_INIT(""),
    STR_INIT("A"),
    STR_INIT("B"),
};
static const uint8_t tiny_kind_slots[4] = {
    1, 2, 0, 0,
};
static const struct json_words tiny_kind_list = { tiny_kind_words, 2, { tiny_kind_slots, 0x2ceaee21bf46bc01, 62 } };

const struct str tiny_unit_words[TINY_UNIT_COUNT] = {
    STR_INIT(""),
    STR_INIT("kWh"),
    STR_INIT("W"),
};
static const uint8_t tiny_unit_slots[4] = {
    0, 2, 0, 1,
};
static const struct json_words tiny_unit_list = { tiny_unit_words, 2, { tiny_unit_slots, 0x9e3779b97f4a7c15, 62 } };

static const struct json_field one_custom_data_fields[] = {
    { STR_INIT("vendorId"), { 0x6449726f646e6576, 0x6449726f646e6576, 0x6449726f646e6576 }, { .words = NULL },
      INT64_MIN, INT64_MAX, 0, 255, 0, 10000,
      offsetof(struct tiny_custom_data, vendor_id), JSON_NOWHERE, JSON_STR, JSON_REQUIRED },
};
static const uint8_t one_custom_data_slots[2] = {
    1, 0,
};
const struct json_desc one_custom_data_desc = {
    "custom_data", one_custom_data_fields, { one_custom_data_slots, 0x9e3779b97f4a7c15, 63 },
    0x1, 0x0, sizeof(struct tiny_custom_data), 1, true
};

static const struct json_field one_inner_fields[] = {
    { STR_INIT("unit"), { 0x74696e75, 0x0, 0x74696e75 }, { .words = &tiny_unit_list },
      INT64_MIN, INT64_C(2), 0, 0, 0, 10000,
      offsetof(struct tiny_inner, unit), JSON_NOWHERE, JSON_ENUM, 0 },
    { STR_INIT("limit_L2"), { 0x324c5f74696d696c, 0x324c5f74696d696c, 0x324c5f74696d696c }, { .words = NULL },
      INT64_MIN, INT64_MAX, 100000, 0, 0, 10000,
      offsetof(struct tiny_inner, limit_l2), JSON_NOWHERE, JSON_NUMBER, JSON_REQUIRED },
};
static const uint8_t one_inner_slots[4] = {
    2, 0, 0, 1,
};
const struct json_desc one_inner_desc = {
    "inner", one_inner_fields, { one_inner_slots, 0x2ceaee21bf46bc01, 62 },
    0x2, 0x0, sizeof(struct tiny_inner), 2, false
};

static const struct json_field one_ping_pong_req_fields[] = {
    { STR_INIT("customData"), { 0x61446d6f74737563, 0x7461446d6f747375, 0x617461446d6f7473 }, { .desc = &one_custom_data_desc },
      INT64_MIN, INT64_MAX, 0, 0, 0, 10000,
      offsetof(struct tiny_ping_pong_req, custom_data), JSON_NOWHERE, JSON_OPEN, 0 },
    { STR_INIT("color"), { 0x6f6c6f63, 0x0, 0x726f6c6f }, { .words = &tiny_colour_list },
      INT64_MIN, INT64_C(2), 0, 0, 0, 10000,
      offsetof(struct tiny_ping_pong_req, color), JSON_NOWHERE, JSON_ENUM, JSON_REQUIRED },
    { STR_INIT("kind"), { 0x646e696b, 0x0, 0x646e696b }, { .words = &tiny_kind_list },
      INT64_MIN, INT64_C(2), 0, 0, 0, 10000,
      offsetof(struct tiny_ping_pong_req, kind), JSON_NOWHERE, JSON_STR, JSON_REQUIRED },
    { STR_INIT("size"), { 0x657a6973, 0x0, 0x657a6973 }, { .words = NULL },
      INT64_C(1000000), INT64_C(9000000), 0, 0, 0, 10000,
      offsetof(struct tiny_ping_pong_req, size), JSON_NOWHERE, JSON_NUMBER, JSON_REQUIRED | JSON_WHOLE },
    { STR_INIT("at"), { 0x61, 0x74, 0x74 }, { .words = NULL },
      INT64_MIN, INT64_MAX, 0, 0, 0, 10000,
      offsetof(struct tiny_ping_pong_req, at), JSON_NOWHERE, JSON_TIME, JSON_REQUIRED },
    { STR_INIT("inline"), { 0x696c6e69, 0x0, 0x656e696c }, { .desc = &one_inner_desc },
      INT64_MIN, INT64_MAX, 0, 0, 1, 3,
      offsetof(struct tiny_ping_pong_req, inline_), offsetof(struct tiny_ping_pong_req, inline__count), JSON_OBJECT, JSON_LIST },
};
static const uint8_t one_ping_pong_req_slots[8] = {
    1, 3, 6, 0, 5, 2, 4, 0,
};
const struct json_desc one_ping_pong_req_desc = {
    "ping_pong_req", one_ping_pong_req_fields, { one_ping_pong_req_slots, 0xaaf5661e58755b35, 61 },
    0x1e, 0x10, sizeof(struct tiny_ping_pong_req), 6, false
};

static const uint8_t one_ping_pong_res_slots[2] = {
    0, 0,
};
const struct json_desc one_ping_pong_res_desc = {
    "ping_pong_res", NULL, { one_ping_pong_res_slots, 0x9e3779b97f4a7c15, 63 },
    0x0, 0x0, sizeof(struct tiny_ping_pong_res), 0, false
};

static const struct ocpp_action one_action_list[] = {
    { STR_INIT("PingPong"), OCPP_FROM_STATION, &one_ping_pong_req_desc, &one_ping_pong_res_desc },
};
static const struct str one_action_names[] = {
    STR_INIT(""),
    STR_INIT("PingPong"),
};
static const uint8_t one_action_slots[2] = {
    1, 0,
};
const struct ocpp_actions one_actions = { one_action_list, 1,
    { one_action_names, 1, { one_action_slots, 0x9e3779b97f4a7c15, 63 } } };

static const struct json_field two_custom_data_fields[] = {
    { STR_INIT("vendorId"), { 0x6449726f646e6576, 0x6449726f646e6576, 0x6449726f646e6576 }, { .words = NULL },
      INT64_MIN, INT64_MAX, 0, 255, 0, 10000,
      offsetof(struct tiny_custom_data, vendor_id), JSON_NOWHERE, JSON_STR, JSON_REQUIRED },
};
static const uint8_t two_custom_data_slots[2] = {
    1, 0,
};
const struct json_desc two_custom_data_desc = {
    "custom_data", two_custom_data_fields, { two_custom_data_slots, 0x9e3779b97f4a7c15, 63 },
    0x1, 0x0, sizeof(struct tiny_custom_data), 1, true
};

static const struct json_field two_ping_pong_req_fields[] = {
    { STR_INIT("customData"), { 0x61446d6f74737563, 0x7461446d6f747375, 0x617461446d6f7473 }, { .desc = &two_custom_data_desc },
      INT64_MIN, INT64_MAX, 0, 0, 0, 10000,
      offsetof(struct tiny_ping_pong_req, custom_data), JSON_NOWHERE, JSON_OPEN, 0 },
    { STR_INIT("color"), { 0x6f6c6f63, 0x0, 0x726f6c6f }, { .words = &tiny_colour_list },
      INT64_MIN, INT64_C(3), 0, 0, 0, 10000,
      offsetof(struct tiny_ping_pong_req, color), JSON_NOWHERE, JSON_ENUM, JSON_REQUIRED },
    { STR_INIT("kind"), { 0x646e696b, 0x0, 0x646e696b }, { .words = NULL },
      INT64_MIN, INT64_MAX, 0, 20, 0, 10000,
      offsetof(struct tiny_ping_pong_req, kind), JSON_NOWHERE, JSON_STR, JSON_REQUIRED },
    { STR_INIT("size"), { 0x657a6973, 0x0, 0x657a6973 }, { .words = NULL },
      INT64_C(0), INT64_MAX, 0, 0, 0, 10000,
      offsetof(struct tiny_ping_pong_req, size), JSON_NOWHERE, JSON_NUMBER, JSON_REQUIRED },
    { STR_INIT("at"), { 0x61, 0x74, 0x74 }, { .words = NULL },
      INT64_MIN, INT64_MAX, 0, 0, 0, 10000,
      offsetof(struct tiny_ping_pong_req, at), JSON_NOWHERE, JSON_TIME, 0 },
    { STR_INIT("seen"), { 0x6e656573, 0x0, 0x6e656573 }, { .words = NULL },
      INT64_MIN, INT64_MAX, 0, 0, 0, 10000,
      offsetof(struct tiny_ping_pong_req, seen), offsetof(struct tiny_ping_pong_req, has_seen), JSON_BOOL, 0 },
    { STR_INIT("link"), { 0x6b6e696c, 0x0, 0x6b6e696c }, { .words = NULL },
      INT64_MIN, INT64_MAX, 0, 512, 0, 10000,
      offsetof(struct tiny_ping_pong_req, link), JSON_NOWHERE, JSON_STR, JSON_URI },
    { STR_INIT("any"), { 0x61, 0x6e, 0x79 }, { .words = NULL },
      INT64_MIN, INT64_MAX, 0, 0, 0, 10000,
      offsetof(struct tiny_ping_pong_req, any), JSON_NOWHERE, JSON_RAW, 0 },
};
static const uint8_t two_ping_pong_req_slots[16] = {
    5, 2, 0, 1, 0, 0, 0, 0, 0, 6, 8, 3, 7, 0, 4, 0,
};
const struct json_desc two_ping_pong_req_desc = {
    "ping_pong_req", two_ping_pong_req_fields, { two_ping_pong_req_slots, 0x74761d19bb4cb649, 60 },
    0xe, 0x10, sizeof(struct tiny_ping_pong_req), 8, false
};

static const uint8_t two_ping_pong_res_slots[2] = {
    0, 0,
};
const struct json_desc two_ping_pong_res_desc = {
    "ping_pong_res", NULL, { two_ping_pong_res_slots, 0x9e3779b97f4a7c15, 63 },
    0x0, 0x0, sizeof(struct tiny_ping_pong_res), 0, false
};

static const struct json_field two_send_req_fields[] = {
    { STR_INIT("words"), { 0x64726f77, 0x0, 0x7364726f }, { .words = NULL },
      INT64_MIN, INT64_MAX, 0, 0, 0, 10000,
      offsetof(struct tiny_send_req, words), offsetof(struct tiny_send_req, words_count), JSON_STR, JSON_LIST },
};
static const uint8_t two_send_req_slots[2] = {
    1, 0,
};
const struct json_desc two_send_req_desc = {
    "send_req", two_send_req_fields, { two_send_req_slots, 0x9e3779b97f4a7c15, 63 },
    0x0, 0x0, sizeof(struct tiny_send_req), 1, false
};

static const struct ocpp_action two_action_list[] = {
    { STR_INIT("PingPong"), OCPP_FROM_STATION, &two_ping_pong_req_desc, &two_ping_pong_res_desc },
    { STR_INIT("Send"), OCPP_FROM_STATION, &two_send_req_desc, NULL },
};
static const struct str two_action_names[] = {
    STR_INIT(""),
    STR_INIT("PingPong"),
    STR_INIT("Send"),
};
static const uint8_t two_action_slots[4] = {
    1, 0, 0, 2,
};
const struct ocpp_actions two_actions = { two_action_list, 2,
    { two_action_names, 2, { two_action_slots, 0x9e3779b97f4a7c15, 62 } } };
