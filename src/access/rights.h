/* rights.h: roles are rows of rights; rights.def is the table. An operation asks for one right. */
#pragma once
#include "base/base.h"

enum right {
#define RIGHT(name, word, admin, operator, viewer, text) RIGHT_##name,
#include "access/rights.def"
#undef RIGHT
    RIGHT_COUNT
};

enum role {
#define ROLE(name, word) ROLE_##name,
#include "access/rights.def"
#undef ROLE
    ROLE_COUNT
};

/* As problems and contracts/openapi.yaml call them; roles as people and keys have them. */
extern const struct str right_words[RIGHT_COUNT];
extern const struct str role_words[ROLE_COUNT];

/* ROLE_COUNT: there is no such role, and it may do nothing. */
enum role role_find(struct str word);
bool role_may(enum role role, enum right right);
