/* request.h: one HTTP request on its way through this room, and what handlers do with it.
 *
 * A handler is `enum err fn(struct turn *, struct request *)`. It may return ERR_LATER and then
 * runs again from the top. On ERR_NONE what it wrote is the answer; on any other error its effects
 * are dropped and the answer is a problem (RFC 9457), which problem_set makes say more.
 */
#pragma once
#include "access/rights.h"
#include "api/api.h"
#include "core/options.h"
#include "json/sentence.h"

struct request;
typedef enum err request_fn(struct turn *turn, struct request *request);

/* What it takes to ask. Below: a right of access/rights.def. */
enum { NEED_LOGIN = RIGHT_COUNT, NEED_NOTHING, NEED_LOCAL };

struct operation {
    struct str method, pattern;
    int need;         /* a right, or NEED_… */
    struct str query; /* names of what may stand behind the '?' */
    request_fn *fn;
};

enum { REQUEST_ARGS_MAX = 3, REQUEST_QUERY_MAX = 16, ANSWER_BYTES_MAX = 6 << 20 };

/* What one request may claim. */
enum flight_slot { FLIGHT_KEY, FLIGHT_ROW, FLIGHT_SLOTS };

/* Both ends count. */
struct range {
    int64_t min, max;
};

struct query_param {
    struct str name, value;
};

struct request {
    /* where it came from */
    struct api *api;
    struct turn *turn; /* that handles it */
    conn_id conn;
    enum net_door door;
    struct str address;
    bool tls, loopback;
    /* what it says; spans lie in the turn's arena */
    struct str method, target, path, body;
    struct str content_type, authorization, cookie, origin, fetch_site, host;
    struct str idempotency_key, if_match, last_event_id;
    const struct operation *operation;
    struct str args[REQUEST_ARGS_MAX]; /* of the pattern's {…}, decoded */
    struct query_param query[REQUEST_QUERY_MAX];
    uint32_t query_count;
    /* who asks */
    enum role role;
    int64_t login;                  /* row id; 0: no cookie */
    uint64_t flights[FLIGHT_SLOTS]; /* what it has claimed (idempotency.h); 0: nothing */
    struct secret made; /* a password that the turn must find again when it runs again */
    bool login_checked; /* counted in api->logins_busy */
    /* the answer */
    int status;
    struct str content_type_out, location, etag, set_cookie, next_cursor;
    struct str allow; /* of a 405: RFC 9110 §15.5.6 */
    struct buf out;
    struct json_writer json;
    bool holds_secret; /* the answer shows something that must not be stored with an Idempotency-Key
                        */
    bool stream;       /* the handler has opened an event stream: no answer */
    uint32_t retry_after_s;
    /* of a problem */
    struct str detail, field;
    struct sentence said; /* detail once more, with its code; nothing: it has none */
    struct str findings;  /* JSON object whose members go with the problem; or empty */
    const char *problem;  /* a word of its own for `type`, static; NULL: the error's */
    struct call_problem {
        struct str id, error_code, error_description;
        utc_ms sent_at;
        int64_t latency_ms;
        bool set;
    } call;
};

/* --- problems: problem.c */

/* Says what is wrong, for people, and gives err back. The format's text lies in the turn's arena.
 */
enum err problem_set(struct request *request, enum err err, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The same, about one field or filter. */
enum err problem_field(struct request *request, enum err err, struct str field, const char *format,
                       ...) PRINTF_LIKE(4, 5);
/* The same by a code, which pages say in the reader's language; `field` empty: about none. */
enum err problem_say(struct request *request, enum err err, struct str field,
                     struct sentence sentence);
#define PROBLEM(request, err, field, code, pattern, args) \
    problem_say((request), (err), (field),                \
                SENTENCE((request)->turn->arena, (code), (pattern), (args)))
/* Writes the problem of `err` as the answer. */
void problem_write(struct request *request, enum err err);
/* An answer without a turn, for when there can be none. */
void problem_respond(struct engine *engine, conn_id conn, enum err err, struct str detail);

/* --- asking: query.c */

/* The value of a filter, or NULL when it was not given. */
const struct str *query_find(const struct request *request, const char *name);
/* Typed values; absent ones leave *out as it is. */
MUST_CHECK enum err query_bool(struct request *request, const char *name, bool *out);
MUST_CHECK enum err query_i64(struct request *request, const char *name, struct range range,
                              int64_t *out);
MUST_CHECK enum err query_time(struct request *request, const char *name, utc_ms *out);
/* A word of a list (domain/words.h); *out stays where it is absent. */
MUST_CHECK enum err query_word(struct request *request, const char *name, const struct str *words,
                               int64_t count, int64_t *out);
/* A station by identity; *out is its row id, 0 when absent, -1 when there is no such station. */
void query_station(struct turn *turn, const struct request *request, const char *name,
                   int64_t *out);
/* `name` as a row's id: 0 when it is none. */
int64_t id_parse(struct str text);
struct str id_text(struct arena *arena, int64_t id);

/* --- pages: page.c */

struct page {
    uint32_t limit;
    int64_t before; /* only rows with a smaller id; INT64_MAX: from the newest */
};
MUST_CHECK enum err page_read(struct request *request, struct page *page);
/* Starts {"items":[ … */
void page_begin(struct request *request);
/* … ],"next_cursor":…}; last 0: there is no more. */
void page_end(struct request *request, int64_t last);

typedef bool page_fits_fn(struct turn *turn, const struct request *request, const void *row,
                          const void *filter);
typedef void page_write_fn(struct turn *turn, struct request *request, const void *row);

enum { PAGE_FILTERS_MAX = 10 };

/* What a list shows, newest first. */
struct page_source {
    enum row_kind kind;
    page_fits_fn *
        fits; /* NULL: all rows. Of the store's rows it is asked again: those in memory are newer */
    const void *filter; /* for fits */
    page_write_fn *write;
    const struct store_filter *filters; /* of the store */
    uint32_t filter_count;
};
/* One page of rows in memory, or of the store. */
MUST_CHECK enum err page_of_memory(struct request *request, const struct page_source *source);
MUST_CHECK enum err page_of_store(struct request *request, const struct page_source *source);

/* The rows of one page of the store, for a list that writes them with more than the row: between
 * page_begin and page_end(request, last). */
struct page_rows {
    void **rows; /* each a row of the kind; valid until the turn ends */
    uint32_t count;
    int64_t last; /* 0: there is no page behind it */
};
MUST_CHECK enum err page_rows_read(struct request *request, const struct page_source *source,
                                   struct page_rows *rows);

/* --- answering */

/* ETag of a version, and whether If-Match holds (ERR_CONFLICT). */
void answer_version(struct request *request, int64_t version);
MUST_CHECK enum err match_version(struct request *request, int64_t version);
/* 204. */
enum err answer_nothing(struct request *request);

/* The version that a row will have when this turn is applied, if it is edited in it. */
int64_t version_after(struct turn *turn, enum row_kind kind, const void *row);
