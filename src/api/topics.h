/* topics.h: what a stream can tell, as bits of a mask. Pure. */
#pragma once
#include "access/rights.h"

enum topic {
#define TOPIC(name, word, right) TOPIC_##name,
#include "api/topics.def"
#undef TOPIC
    TOPIC_COUNT
};

#define TOPIC_BIT(name) (1u << TOPIC_##name)

/* TOPIC_COUNT: there is none such. */
enum topic topic_find(struct str word);
struct str topic_word(enum topic topic);
/* "station.*,value" to a mask; an empty list is all that is no MESSAGE. False: *wrong is no topic.
 */
bool topics_parse(struct str list, uint32_t *mask, struct str *wrong);
/* Those that the role may see. */
uint32_t topics_of_role(enum role role);
