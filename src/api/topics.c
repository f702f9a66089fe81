#include "api/topics.h"

static const struct {
    struct str word;
    enum right right;
} topics[TOPIC_COUNT] = {
#define TOPIC(name, word, right) { STR_INIT(word), RIGHT_##right },
#include "api/topics.def"
#undef TOPIC
};

enum topic topic_find(struct str word)
{
    enum topic topic = 0;

    while (topic < TOPIC_COUNT && !str_equal(topics[topic].word, word))
        topic++;
    return topic;
}

struct str topic_word(enum topic topic)
{
    check(topic < TOPIC_COUNT);
    return topics[topic].word;
}

/* "station.*": all that begin with "station." */
static uint32_t family(struct str pattern)
{
    struct str start = str_first(pattern, pattern.len - 1);
    uint32_t mask = 0;

    for (enum topic i = 0; i < TOPIC_COUNT; i++)
        if (str_starts(topics[i].word, start))
            mask |= 1u << i;
    return mask;
}

bool topics_parse(struct str list, uint32_t *mask, struct str *wrong)
{
    struct str part;

    *mask = list.len ? 0 : (1u << TOPIC_COUNT) - 1 - TOPIC_BIT(MESSAGE);
    while (list.len && str_cut(&list, ',', &part)) {
        enum topic topic = topic_find(part);
        uint32_t bits = topic < TOPIC_COUNT         ? 1u << topic
                        : str_ends(part, STR(".*")) ? family(part)
                                                    : 0;
        if (!bits) {
            *wrong = part;
            return false;
        }
        *mask |= bits;
    }
    return true;
}

uint32_t topics_of_role(enum role role)
{
    uint32_t mask = 0;

    for (enum topic i = 0; i < TOPIC_COUNT; i++)
        if (role_may(role, topics[i].right))
            mask |= 1u << i;
    return mask;
}
