/* reading.h: a document on its way from text to struct. Private to document*.c. */
#pragma once
#include "dispatch/document.h"
#include "dispatch/form.h"
#include "json/cursor.h"

#define NO_ITEM UINT32_MAX

/* A node as written, and where it stands in the tree. */
struct draft {
    struct form_node form;
    uint32_t item; /* in "nodes" */
    uint8_t kind;  /* enum node_kind; NODE_KIND_COUNT: none */
    struct draft *parent;
    int32_t depth; /* 0: a root; -1: not known, or none: its path has no end */
    int32_t index; /* of the node in the document; of an EVSE: its station's */
    uint8_t lines; /* bit n: it has line n */
    int32_t volts;
};

struct reading {
    struct arena *arena;   /* what stays */
    struct arena *scratch; /* what is gone at the end */
    const struct document_around *around;
    struct document *document;
    struct document_findings *findings;
    struct draft *drafts; /* in the order of the text */
    uint32_t draft_count;
    struct draft **by_id;
    /* the document's arrays while they grow */
    struct document_node *nodes;
    struct document_evse *evses;
    struct site_pilots *pilots;
    uint32_t *node_items, *evse_items; /* where each stands in the text */
    uint32_t evse_cap;
    bool full;
};

/* A finding about list[item].member; list NULL: about the document; member NULL: the item. */
struct spot {
    const char *list;
    uint32_t item;
    const char *member;
};
void reading_find(struct reading *reading, bool is_error, struct spot spot,
                  struct sentence sentence);
#define ERROR_AT(reading, spot, code, pattern, args) \
    reading_find((reading), true, (spot), SENTENCE((reading)->arena, (code), (pattern), (args)))
#define WARNING_AT(reading, spot, code, pattern, args) \
    reading_find((reading), false, (spot), SENTENCE((reading)->arena, (code), (pattern), (args)))
#define SPOT(list_, item_, member_) ((struct spot){ (list_), (item_), (member_) })
#define NODE_SPOT(draft, member_)   SPOT("nodes", (draft)->item, (member_))

/* form values: scaled numbers into the units of the struct */
int32_t form_da(int64_t scaled);
int64_t form_whole(int64_t scaled);
/* One current for all lines, or one each; false: neither was given. */
bool form_lines(bool has_one, int64_t one, const int64_t *each, uint32_t count,
                int32_t da[LINE_COUNT]);
/* "07:30" → 450, "24:00" → 1440. False, and found: it is none. */
bool reading_clock(struct reading *reading, struct spot spot, struct str text, int16_t *minute);
/* "mon" … "sun"; none given: all. */
bool reading_days(struct reading *reading, struct spot spot, const struct str *days, uint32_t count,
                  uint8_t *bits);
/* The index of the word, or `absent` when there is none; a word that is not in the list is found
 * and `absent` too. */
int reading_word(struct reading *reading, struct spot spot, struct str word,
                 const struct str *words, int count, int absent);
/* The node with this id, or NULL. */
struct draft *reading_node(const struct reading *reading, struct str id);

/* document_nodes.c: drafts → nodes in the order of the tree. */
void reading_place_nodes(struct reading *reading, struct str list);
/* document_evses.c: stations and EVSEs. */
void reading_make_evses(struct reading *reading);
/* document_meters.c, document_prices.c, document_fleet.c */
void reading_make_meters(struct reading *reading, struct str list);
void reading_make_prices(struct reading *reading, struct str list);
void reading_make_fleet(struct reading *reading, struct str list);
/* document_check.c: what contradicts itself though each part is right. */
void reading_check(struct reading *reading);
/* The items of a list, one by one: reads each by its descriptor into *out, cleared before, and
 * tells what is wrong with it. False at the end. */
struct reading_list {
    const char *name;
    const struct json_desc *desc;
    uint32_t max, item; /* item: of the one that was read last */
    struct json_items items;
    bool ended;
};
void reading_list_open(struct reading *reading, struct reading_list *list, struct str text);
/* The same, and room for its items, `size` bytes each, cleared. With nothing in it when memory is
 * out: `full` says so. */
void *reading_list_begin(struct reading *reading, struct reading_list *list, struct str text,
                         size_t size);
bool reading_list_next(struct reading *reading, struct reading_list *list, void *out);
