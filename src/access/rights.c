#include "access/rights.h"

const struct str right_words[RIGHT_COUNT] = {
#define RIGHT(name, word, admin, operator, viewer, text) STR_INIT(word),
#include "access/rights.def"
#undef RIGHT
};

const struct str role_words[ROLE_COUNT] = {
#define ROLE(name, word) STR_INIT(word),
#include "access/rights.def"
#undef ROLE
};

static const bool may[RIGHT_COUNT][ROLE_COUNT] = {
#define RIGHT(name, word, admin, operator, viewer, text) { admin, operator, viewer },
#include "access/rights.def"
#undef RIGHT
};

enum role role_find(struct str word)
{
    enum role role = 0;

    while (role < ROLE_COUNT && !str_equal(role_words[role], word))
        role++;
    return role;
}

bool role_may(enum role role, enum right right)
{
    check(right < RIGHT_COUNT);
    return role < ROLE_COUNT && may[right][role];
}
