#include "api/power_put.h"
#include "api/power.h"
#include "api/power_around.h"
#include "api/sites.h"
#include "api/state.h"

#include <stdlib.h>

enum {
    LOOK_AT_ONCE = 1000, /* names, stations: well below a millisecond */
    REST_MS = 1,
    LOOK_REST_MS = 3, /* while the site takes it into force */
    TRIES_MAX = 5,    /* stations that it names change meanwhile */
};

/* Lies in the memory of the question that the request waits for. */
struct put_job {
    struct timer timer;
    struct engine *engine;
    struct question *question;
    struct request request; /* a copy, whose turn is that of the step */
    struct actor actor;
    uint64_t number; /* apart from jobs before */
    int64_t site;
    bool dry_run, storage_failed;
    bool is_kept; /* on disk */
    bool away;    /* with another thread, or in a turn that waits for it */
    int tries;
    struct arena arena; /* of what another thread touches; without a pool */
    struct around_looked looked;
    struct str before; /* the document that it takes the place of; its version; 0: none */
    int64_t before_version;
    struct power_kept kept;
    struct put_result result;
    enum err err; /* a problem of the request */
};

static void look_due(struct timer *timer, void *context);
static void force_due(struct timer *timer, void *context);
static void collect(struct put_job *job);

static void soon(struct put_job *job, mono_ms rest_ms, timer_fn *then)
{
    timer_set(&job->engine->timers, &job->timer, job->engine->mono + rest_ms, then);
}

/* What is told lives as long as the question; the rest goes. */
static bool keep_result(struct put_job *job)
{
    struct put_result *result = &job->result;
    struct arena *arena = &job->question->arena;
    struct document_findings *findings = ARENA_NEW(arena, struct document_findings);
    bool all = findings != NULL;

    if (all && result->findings)
        *findings = *result->findings;
    for (uint32_t i = 0; all && i < findings->count; i++) {
        struct document_finding *finding = &findings->list[i];
        finding->path = arena_copy(arena, finding->path);
        finding->sentence.args = arena_copy(arena, finding->sentence.args);
        finding->sentence.text = arena_copy(arena, finding->sentence.text);
        all = finding->path.ptr && finding->sentence.args.ptr && finding->sentence.text.ptr;
    }
    result->findings = findings;
    result->document = (struct document){ .node_count = result->document.node_count,
                                          .evse_count = result->document.evse_count };
    return all;
}

static void job_end(struct put_job *job, enum err err)
{
    struct engine *engine = job->engine;

    timer_clear(&engine->timers, &job->timer);
    api_of(engine)->put = NULL;
    if (!keep_result(job) && err == ERR_NONE)
        err = ERR_FULL;
    arena_reset(&job->arena);
    job->err = err;
    engine_answered(engine, job->question); /* the job is gone after it */
}

/* The job that the turn is a step of; NULL: it is over. */
static struct put_job *job_of(const struct turn *turn)
{
    struct put_job *job = api_of(turn->engine)->put;

    return job && job->number == *(const uint64_t *)turn->input ? job : NULL;
}

static void step(struct put_job *job, enum err (*fn)(struct turn *turn),
                 void (*ended)(struct turn *turn, enum err err))
{
    struct turn *turn =
        job->storage_failed ? NULL : engine_turn(job->engine, fn, &job->number, sizeof job->number);

    if (!turn) {
        job_end(job, job->storage_failed ? ERR_STORAGE : ERR_FULL);
        return;
    }
    turn->actor = job->actor;
    turn->ended = ended;
    (void)engine_go(turn); /* `ended` goes on */
}

/* --- in force ------------------------------------------------------------------ */

static void force_due(struct timer *timer, void *context)
{
    struct put_job *job = CONTAINER_OF(timer, struct put_job, timer);

    (void)context;
    if (job->storage_failed) /* once it is kept it is, whatever becomes of the rest */
        job_end(job, job->is_kept ? ERR_NONE : ERR_STORAGE);
    else if (dispatch_is_renewing(job->engine, job->site) || power_adopts(job->engine, job->site))
        soon(job, LOOK_REST_MS, force_due);
    else
        job_end(job, ERR_NONE);
}

static void kept(struct engine *engine, void *data)
{
    struct put_job *job = api_of(engine)->put;

    if (!job || job->number != *(const uint64_t *)data)
        return;
    job->is_kept = true;
    power_adopt(engine);
    soon(job, REST_MS, force_due);
}

/* --- kept ------------------------------------------------------------------------ */

/* ERR_CONFLICT: something that it was checked against has changed. */
static enum err keep_turn(struct turn *turn)
{
    struct put_job *job = job_of(turn);
    const struct site_row *site = job ? TURN_FIND(turn, site, job->site) : NULL;
    const struct power_row *before = site ? site_power(turn, site->id) : NULL;
    int64_t version = before ? before->version : 0;
    enum err err;

    if (!job)
        return ERR_NONE;
    if (!site)
        return ERR_NOT_FOUND;
    job->request.turn = turn;
    err = match_version(&job->request, version);
    if (err != ERR_NONE)
        return err;
    if (version != job->before_version || !around_holds(turn_world(turn), &job->looked))
        return ERR_NOT_NOW;
    power_keep(turn, site, before, &job->kept);
    if (around_any_homeless(&job->looked))
        power_adopt_later(turn, site->id);
    dispatch_site_changed(turn, site->id);
    turn_after(turn, kept, &job->number, sizeof job->number);
    job->result.created = !before;
    job->result.version = version + 1;
    return ERR_NONE;
}

static void keep_ended(struct turn *turn, enum err err)
{
    struct put_job *job = job_of(turn);

    if (!job || err == ERR_NONE)
        return; /* `kept` goes on */
    if (err == ERR_NOT_NOW && ++job->tries < TRIES_MAX) {
        collect(job);
        return;
    }
    job->request.detail = arena_copy(&job->question->arena, job->request.detail);
    job->request.field = arena_copy(&job->question->arena, job->request.field);
    job_end(job, err);
}

/* --- checked --------------------------------------------------------------------- */

static void check_elsewhere(void *data, struct store *store)
{
    struct put_job *job = *(struct put_job **)data;
    struct put_result *result = &job->result;

    (void)store;
    result->err = around_check(&job->looked, &result->document, result->findings);
    if (result->err != ERR_NONE)
        return;
    job->kept.document = result->document.text;
    job->kept.old = job->before_version
                        ? power_audited(&job->arena, job->before, result->document.text)
                        : STR_NONE;
    job->kept.new = power_audited(&job->arena, result->document.text, job->before);
}

static void collect_elsewhere(void *data, struct store *store)
{
    struct put_job *job = *(struct put_job **)data;

    (void)store;
    around_collect(&job->looked);
}

static enum err work(struct turn *turn, const char *name, turn_work_fn *fn)
{
    struct put_job *job = job_of(turn);
    struct put_job **input = ARENA_NEW(turn->arena, struct put_job *);
    void *data = input;

    if (!job || !input)
        return job ? ERR_FULL : ERR_NONE;
    *input = job;
    return turn_work(turn, name, fn, WORK_READER, &data);
}

static enum err check_turn(struct turn *turn)
{
    return work(turn, "document", check_elsewhere);
}

static void check_ended(struct turn *turn, enum err err)
{
    struct put_job *job = job_of(turn);

    if (!job)
        return;
    job->away = false;
    if (err != ERR_NONE || job->storage_failed)
        job_end(job, err != ERR_NONE ? err : ERR_STORAGE);
    else if (job->result.err != ERR_NONE || job->dry_run)
        job_end(job, ERR_NONE);
    else
        step(job, keep_turn, keep_ended);
}

static void look_due(struct timer *timer, void *context)
{
    struct put_job *job = CONTAINER_OF(timer, struct put_job, timer);

    (void)context;
    if (!around_look(&job->engine->world, &job->looked, job->engine->now, LOOK_AT_ONCE)) {
        soon(job, REST_MS, look_due);
        return;
    }
    job->away = true;
    step(job, check_turn, check_ended);
}

static enum err collect_turn(struct turn *turn)
{
    return work(turn, "names", collect_elsewhere);
}

static void collect_ended(struct turn *turn, enum err err)
{
    struct put_job *job = job_of(turn);

    if (!job)
        return;
    job->away = false;
    if (err != ERR_NONE || job->storage_failed)
        job_end(job, err != ERR_NONE ? err : ERR_STORAGE);
    else
        soon(job, REST_MS, look_due);
}

/* From the beginning: what it is checked against is as it is now. */
static void collect(struct put_job *job)
{
    const struct power_row *before = NULL;
    struct str text;

    for (uint32_t at = 0; (before = world_next(&job->engine->world, ROW_power, &at)) != NULL;)
        if (before->site == job->site)
            break;
    arena_reset(&job->arena);
    text = arena_copy(&job->arena, job->request.body);
    job->before = arena_copy(&job->arena, before ? before->document : STR_NONE);
    job->before_version = before ? before->version : 0;
    job->looked = (struct around_looked){ .arena = &job->arena, .text = text, .site = job->site };
    job->result.findings = ARENA_NEW(&job->arena, struct document_findings);
    if (!text.ptr || !job->before.ptr || !job->result.findings) {
        job_end(job, ERR_FULL);
        return;
    }
    job->away = true;
    step(job, collect_turn, collect_ended);
}

void put_storage_failed(struct engine *engine)
{
    struct put_job *job = api_of(engine)->put;

    if (!job)
        return;
    job->storage_failed = true;
    if (!job->away)
        soon(job, 0, force_due);
}

void put_drop(struct engine *engine)
{
    struct put_job *job = api_of(engine)->put;

    if (!job)
        return;
    timer_clear(&engine->timers, &job->timer);
    arena_reset(&job->arena);
    api_of(engine)->put = NULL;
}

/* --- the request ------------------------------------------------------------------ */

struct asked {
    struct request *request;
    int64_t site;
    bool dry_run;
    struct put_job *job; /* what came of it; NULL: another one is under way */
};

static void begin(struct engine *engine, struct question *question)
{
    struct asked *asked = question->steps_data;
    struct api *api = api_of(engine);
    struct put_job *job = api->put ? NULL : ARENA_NEW(&question->arena, struct put_job);

    if (!job) {
        question->err = api->put ? ERR_NOT_NOW : ERR_FULL;
        engine_answered(engine, question);
        return;
    }
    *job = (struct put_job){ .engine = engine,
                             .question = question,
                             .request = *asked->request,
                             .actor = asked->request->turn->actor,
                             .number = ++api->put_count,
                             .site = asked->site,
                             .dry_run = asked->dry_run };
    arena_init(&job->arena, NULL, 0);
    api->put = asked->job = job;
    collect(job);
}

enum err put_in_steps(struct request *request, bool dry_run, struct put_result *result)
{
    struct turn *turn = request->turn;
    struct asked *asked = ARENA_NEW(turn->arena, struct asked);
    const struct site_row *site;
    struct put_job *job;
    void *data = asked;
    enum err err = site_of(request, &site);

    if (err != ERR_NONE || !asked)
        return err != ERR_NONE ? err : ERR_FULL;
    *asked = (struct asked){ .request = request, .site = site->id, .dry_run = dry_run };
    err = turn_steps(turn, "document", begin, &data);
    if (err == ERR_NOT_NOW)
        return problem_set(request, err,
                           "Another power document is being put. Try again when that is done.");
    if (err != ERR_NONE)
        return err;
    asked = data;
    job = asked->job;
    err = job->err;
    *result = job->result;
    if (err == ERR_NOT_NOW)
        return problem_set(request, err,
                           "Stations that the document names are being changed. "
                           "Nothing of it was applied: try again.");
    if (err != ERR_NONE && job->request.detail.len)
        return problem_field(request, err, job->request.field, "%.*s",
                             STR_ARGS(job->request.detail));
    return err;
}
