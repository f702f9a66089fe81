/* import_steps.c: a long file, checked as a whole and then applied, a step at a time. */
#include "api/import.h"
#include "api/state.h"

/* Lies in the memory of the question that the request waits for. */
struct import_job {
    struct timer timer;
    struct engine *engine;
    struct question *question;
    const struct import_kind *kind;
    struct request request; /* a copy, whose turn is that of the step */
    struct actor actor;
    struct import import;
    uint64_t number; /* apart from jobs before */
    bool applies;    /* all lines are right: this is the second pass */
    bool storage_failed;
    int64_t durable; /* lines that were applied and are on disk */
    enum err err;    /* of the last step; ERR_NOT_FOUND: it was the last one of its pass */
};

static void step(struct timer *timer, void *context);

static void soon(struct import_job *job)
{
    timer_set(&job->engine->timers, &job->timer, job->engine->mono, step);
}

static void job_end(struct import_job *job, enum err err)
{
    struct engine *engine = job->engine;

    timer_clear(&engine->timers, &job->timer);
    api_of(engine)->import = NULL;
    job->err = err;
    engine_answered(engine, job->question); /* the job is gone after it */
}

/* --- a step ----------------------------------------------------------------- */

/* What was applied is on disk. */
static void step_durable(struct engine *engine, void *data)
{
    struct import_job *job = api_of(engine)->import;

    if (!job || job->number != *(const uint64_t *)data)
        return;
    job->durable = job->import.lines;
    if (job->err == ERR_NOT_FOUND)
        job_end(job, ERR_NONE);
    else
        soon(job);
}

/* The job that the turn is a step of; NULL: it is over. */
static struct import_job *job_of(const struct turn *turn)
{
    struct import_job *job = api_of(turn->engine)->import;

    return job && job->number == *(const uint64_t *)turn->input ? job : NULL;
}

static enum err step_turn(struct turn *turn)
{
    struct import_job *job = job_of(turn);
    struct import *import = &job->import;

    job->request.turn = import->turn = turn;
    job->err = import_some(import, job->kind, IMPORT_STEP_LINES);
    if (!job->applies || import->errors || (job->err != ERR_NONE && job->err != ERR_NOT_FOUND))
        turn_forget(turn);
    else
        turn_after(turn, step_durable, &job->number, sizeof job->number);
    job->request.detail = arena_copy(&job->question->arena, job->request.detail);
    job->request.field = arena_copy(&job->question->arena, job->request.field);
    return ERR_NONE;
}

/* Again from the first line, and this time in earnest. */
static enum err second_pass(struct import_job *job)
{
    job->applies = true;
    return import_open(&job->import, job->kind, &job->question->arena);
}

static void step_ended(struct turn *turn, enum err err)
{
    struct import_job *job = job_of(turn);
    struct import *import;
    bool at_end;

    if (!job)
        return;
    import = &job->import;
    at_end = job->err == ERR_NOT_FOUND;
    if (err == ERR_NONE && job->err != ERR_NONE && !at_end)
        err = job->err;
    if (err == ERR_NONE && job->applies && !import->errors)
        return; /* step_durable goes on */
    if (err == ERR_NONE && at_end && !import->errors && !import->dry_run)
        err = second_pass(job);
    else if (err == ERR_NONE && (at_end || job->applies)) {
        job_end(job, ERR_NONE);
        return;
    }
    if (err != ERR_NONE)
        job_end(job, err);
    else
        soon(job);
}

static void step(struct timer *timer, void *context)
{
    struct import_job *job = CONTAINER_OF(timer, struct import_job, timer);
    struct turn *turn = job->storage_failed
                            ? NULL
                            : engine_turn(context, step_turn, &job->number, sizeof job->number);

    if (!turn) {
        job_end(job, job->storage_failed ? ERR_STORAGE : ERR_FULL);
        return;
    }
    turn->actor = job->actor;
    turn->ended = step_ended;
    (void)engine_go(turn); /* step_ended tells */
}

void import_storage_failed(struct engine *engine)
{
    struct import_job *job = api_of(engine)->import;

    if (!job)
        return;
    job->storage_failed = true;
    soon(job);
}

/* --- the request ------------------------------------------------------------ */

struct asked {
    const struct import_kind *kind;
    struct request *request;
    bool dry_run;
    struct import_job *job; /* what came of it; NULL: another one is under way */
};

static void begin(struct engine *engine, struct question *question)
{
    struct asked *asked = question->steps_data;
    struct api *api = api_of(engine);
    struct import_job *job = api->import ? NULL : ARENA_NEW(&question->arena, struct import_job);

    if (!job) {
        question->err = api->import ? ERR_NOT_NOW : ERR_FULL;
        engine_answered(engine, question);
        return;
    }
    *job = (struct import_job){ .engine = engine,
                                .question = question,
                                .kind = asked->kind,
                                .request = *asked->request,
                                .actor = asked->request->turn->actor,
                                .number = ++api->import_count };
    job->import.request = &job->request;
    job->import.dry_run = asked->dry_run;
    api->import = asked->job = job;
    job->err = import_open(&job->import, job->kind, &question->arena);
    if (job->err != ERR_NONE)
        job_end(job, job->err);
    else
        soon(job);
}

/* Why it ended before its end, and how much of it stands. */
static enum err tell(struct request *request, const struct import_job *job)
{
    const struct import *import = &job->import;
    bool refused = job->err == ERR_NONE && job->applies && import->errors;

    if (job->err == ERR_NONE && !refused)
        return ERR_NONE;
    if (!job->durable && !refused)
        return job->request.detail.len ? problem_field(request, job->err, job->request.field,
                                                       "%.*s", STR_ARGS(job->request.detail))
                                       : job->err;
    return problem_set(request, refused ? ERR_NOT_NOW : job->err,
                       "The first %lld lines were imported and stay so; line %u was not, nor what "
                       "follows: %s. Import the file once more: what is there is left as it is.",
                       (long long)job->durable, import->line.number,
                       refused ? "somebody changed meanwhile what it needs" : err_text(job->err));
}

enum err import_in_steps(struct request *request, const struct import_kind *kind, bool dry_run,
                         struct import **import)
{
    struct turn *turn = request->turn;
    struct asked *asked = ARENA_NEW(turn->arena, struct asked);
    void *data = asked;
    enum err err;

    if (!asked)
        return ERR_FULL;
    *asked = (struct asked){ .kind = kind, .request = request, .dry_run = dry_run };
    err = turn_steps(turn, "import", begin, &data);
    if (err == ERR_NOT_NOW)
        return problem_set(request, err, "Another import is under way. Try again when it is done.");
    if (err != ERR_NONE)
        return err;
    asked = data;
    *import = &asked->job->import;
    (*import)->request = request;
    (*import)->turn = turn;
    return tell(request, asked->job);
}
