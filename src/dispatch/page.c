/* page.c: a decision's page in the journal, and what a site may spend on pages.
 *
 * A page has all that a decision was made from and what came out (journal.h). Pages of a large site
 * are packed, each against the one before it, from which it differs in a few EVSEs: of a thousand,
 * some hundred bytes. One a minute, and one in CHAIN_MAX, is packed alone, so that few are read to
 * unpack one.
 *
 * Every decision that changes something has its page, and each minute one while a car is there. A
 * large site that decides all the time may write so many bytes a second on average, and what it has
 * saved up; beyond that those that change a reason alone have none, and deep in debt only the
 * minute's and those of caps are left. */
#include "dispatch/decide_parts.h"
#include "dispatch/decides.h"
#include "dispatch/journal.h"
#include "store/pack.h"

#include <stdlib.h>

enum {
    BYTES_S = 2000,     /* 173 MB a day */
    EVSES_A_BYTE_S = 1, /* and for each so many EVSEs one more: 86 KB a day */
    SAVED_MAX = 8 << 20,
    DEBT_MAX = 8 << 20,
    PACK_BYTES = 4096, /* shorter pages stay readable */
    CHANGES_FEW = 10,  /* in the list, when bytes are short */
};

/* The page before, as a text. On the heap, its text behind it. */
struct page_base {
    int64_t first;  /* row of the page that its chain starts with */
    uint32_t links; /* pages before it in the chain */
    struct str text;
};

/* --- what can be afforded --------------------------------------------------------- */

static int64_t bytes_s(const struct power_site *site)
{
    return BYTES_S + site->document.evse_count / EVSES_A_BYTE_S;
}

static void earn(struct power_site *site, utc_ms now)
{
    struct page_book *book = &site->pages;
    int64_t passed_ms = book->earned_at ? now - book->earned_at : 0;
    int64_t full_ms = (int64_t)(SAVED_MAX + DEBT_MAX) / BYTES_S * 1000;

    if (!book->earned_at || passed_ms > full_ms)
        book->bytes = SAVED_MAX;
    else
        book->bytes += passed_ms * bytes_s(site) / 1000;
    if (book->bytes > SAVED_MAX)
        book->bytes = SAVED_MAX;
    book->earned_at = now;
}

void decide_page_begin(struct power_work *work, utc_ms now)
{
    struct power_site *site = work->site;
    struct page_book *book = &site->pages;
    struct page *page = &work->page;

    earn(site, now);
    page->due = book->at == UTC_UNKNOWN || now - book->at >= PAGE_MS;
    page->room = work->urgent || book->bytes > 0 ? PAGE_OF_ALL
                 : book->bytes > -DEBT_MAX       ? PAGE_OF_LIMITS
                                                 : PAGE_OF_THE_MINUTE;
}

void decide_page_note(struct power_work *work, uint32_t evse, const struct site_verdict *before)
{
    const struct site_verdict *verdict = &work->decision.verdicts[evse];
    struct page *page = &work->page;

    if (work->evses[evse].plugged && verdict->target_da != work->evses[evse].memory.target_da &&
        page->change_count++ < CHANGES_MAX)
        page->changed_evses[page->change_count - 1] = evse;
    page->limits = page->limits || before->target_da != verdict->target_da;
    page->changed = page->changed || page->limits || before->why != verdict->why ||
                    before->node != verdict->node;
}

static bool is_wanted(const struct power_work *work)
{
    const struct page *page = &work->page;

    return (page->due && (page->changed || work->plugged)) ||
           (page->changed && page->room == PAGE_OF_ALL) ||
           (page->limits && page->room == PAGE_OF_LIMITS);
}

/* --- what is in it ------------------------------------------------------------------ */

static void list_changes(struct power_work *work)
{
    const struct power_site *site = work->site;
    struct page *page = &work->page;
    uint32_t most = page->room == PAGE_OF_ALL ? CHANGES_MAX : CHANGES_FEW;
    struct json_writer json;
    struct buf body;

    buf_init_arena(&body, &work->arena, DECISION_BYTES_MAX);
    json = json_writer(&body);
    json_array_begin(&json);
    for (uint32_t n = 0; n < most && n < page->change_count; n++) {
        uint32_t i = page->changed_evses[n];
        json_object_begin(&json);
        json_key_str(&json, "station", site->evses[i].station->identity);
        json_key_i64(&json, "evse", site->evses[i].number);
        json_key_i64(&json, "from_da", work->evses[i].memory.target_da);
        json_key_i64(&json, "to_da", work->decision.verdicts[i].target_da);
        json_key_i64(&json, "why", work->decision.verdicts[i].why);
        json_object_end(&json);
    }
    json_array_end(&json);
    if (!body.overflow)
        page->changes = buf_str(&body);
}

/* NULL: memory is out, and the next page stands alone. */
static struct page_base *base_of(struct str text, const struct page_base *before)
{
    struct page_base *base = malloc(sizeof *base + text.len);

    if (!base)
        return NULL;
    *base = (struct page_base){ .links = before ? before->links + 1 : 0,
                                .text = { (char *)(base + 1), text.len } };
    memcpy(base + 1, text.ptr, text.len);
    return base;
}

static void make(struct power_work *work)
{
    struct page *page = &work->page;
    struct json_writer json;
    struct buf body;
    struct str text;
    enum err err;

    buf_init_arena(&body, &work->arena, DECISION_BYTES_MAX);
    json = json_writer(&body);
    decision_write(&json, &work->input, &work->decision);
    if (body.overflow)
        return;
    text = buf_str(&body);
    if (text.len <= PACK_BYTES) {
        page->text = text;
        return;
    }
    err = page->base ? text_pack_against(page->base->text, text, &work->arena, &page->packed)
                     : text_pack(text, &work->arena, &page->packed);
    if (err == ERR_NONE)
        page->next = base_of(text, page->base);
    else
        page->packed = STR_NONE;
}

static bool is_made(const struct page *page)
{
    return page->text.len || page->packed.len;
}

/* --- into the journal ----------------------------------------------------------------- */

/* The page before is lent to the one that is made: of two at once the second stands alone. */
static void take_base(struct power_work *work)
{
    struct page_base *base = work->site->pages.base;

    work->site->pages.base = NULL;
    if (base && (work->page.due || base->links + 2 > DECISION_CHAIN_MAX)) {
        free(base);
        base = NULL;
    }
    work->page.base = base;
}

static void put(struct turn *turn, struct power_work *work)
{
    struct page *page = &work->page;
    struct decision_row *row = TURN_NEW(turn, decision);

    row->site = work->site_row;
    row->at = work->input.now;
    row->cause = str_of(work->cause);
    row->body = page->text;
    row->packed = page->packed;
    row->chain = page->base && page->packed.len ? page->base->first : 0;
    row->changes = page->changes;
    row->change_count = page->change_count;
    if (page->next)
        page->next->first = row->chain ? row->chain : row->id;
}

static void run(void *data, struct store *store)
{
    (void)store;
    make(*(struct power_work **)data);
}

static enum err page_turn(struct turn *turn)
{
    struct power_work *work = *(struct power_work **)turn->input;
    void *data = turn->input;
    enum err err = ERR_NONE;

    if (work->input.evse_count > INLINE_EVSES_MAX)
        err = turn_work(turn, "page", run, WORK_READER, &data);
    else
        make(work);
    if (err == ERR_NONE && is_made(&work->page))
        put(turn, work);
    return err;
}

/* Pays for it, and leaves what the next page is packed against with the site, if that is the same
 * still: what storage forgot is gone with the site that it was of. */
static void settle(struct power_site *site, struct power_work *work, bool written)
{
    struct page *page = &work->page;
    struct page_base **keep = written ? &page->next : &page->base;

    if (!site || site->number != work->site_number)
        return;
    if (written) {
        site->pages.at = work->input.now;
        site->pages.bytes -= (int64_t)page->text.len + page->packed.len + page->changes.len;
    }
    if (site->pages.base)
        return;
    site->pages.base = *keep;
    *keep = NULL;
}

static void page_done(struct turn *turn, enum err err)
{
    struct power_work *work = *(struct power_work **)turn->input;
    struct dispatch *dispatch = dispatch_of(turn->engine);

    settle(dispatch_find_site(dispatch, work->site_row), work,
           err == ERR_NONE && is_made(&work->page));
    decide_free(dispatch, work);
}

void decide_page_write(struct power_work *work)
{
    struct dispatch *dispatch = work->site->dispatch;
    struct turn *turn = NULL;

    if (is_wanted(work))
        turn = engine_turn(dispatch->engine, page_turn, &work, sizeof(struct power_work *));
    if (!turn) {
        dispatch->pages_left_out += work->page.limits;
        decide_free(dispatch, work);
        return;
    }
    take_base(work);
    list_changes(work);
    work->site = NULL;
    work->away = true;
    turn->ended = page_done;
    (void)engine_go(turn); /* page_done tells */
}

void decide_page_fini(struct page *page)
{
    free(page->base);
    free(page->next);
}

uint64_t dispatch_pages_left_out(const struct engine *engine)
{
    return dispatch_of(engine)->pages_left_out;
}

void pages_end(struct power_site *site)
{
    free(site->pages.base);
    site->pages.base = NULL;
}
