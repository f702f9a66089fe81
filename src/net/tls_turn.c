#include "net/tls_turn.h"

#include "net/tls_doors.h"

static void turn(struct tls_turn *turning, struct tls_doors *doors)
{
    turning->why[0] = '\0';
    turning->err = tls_doors_turn_tickets(doors, turning->why, sizeof turning->why);
}

static void tell(struct loop *loop)
{
    if (loop->turn.err != ERR_NONE)
        loop_note(loop, NET_NOTE_TICKETS, "a restart will cost every station a full handshake: %s",
                  loop->turn.why);
}

/* On a thread of the pool. */
static void work(uv_work_t *request)
{
    struct loop *loop = CONTAINER_OF(request, struct loop, turn.work);

    turn(&loop->turn, loop->net->tls);
}

static void after(uv_work_t *request, int status)
{
    struct loop *loop = CONTAINER_OF(request, struct loop, turn.work);

    loop->turn.under_way = false;
    if (status == 0)
        tell(loop);
}

static void look(uv_timer_t *timer)
{
    struct loop *loop = CONTAINER_OF(timer, struct loop, turn.timer);

    if (loop->turn.under_way || !tls_doors_tickets_due(loop->net->tls))
        return;
    loop->turn.under_way = uv_queue_work(&loop->uv, &loop->turn.work, work, after) == 0;
}

void tls_turn_begin(struct loop *loop)
{
    uint64_t every_ms = loop->net->config.tickets_look_s * UINT64_C(1000);

    if (!loop->net->tls || loop->index != 0)
        return;
    if (tls_doors_tickets_due(loop->net->tls)) {
        turn(&loop->turn, loop->net->tls);
        tell(loop);
    }
    check(uv_timer_init(&loop->uv, &loop->turn.timer) == 0);
    check(uv_timer_start(&loop->turn.timer, look, every_ms, every_ms) == 0);
    loop->turn.begun = true;
}

void tls_turn_end(struct loop *loop)
{
    if (loop->turn.begun)
        uv_close((uv_handle_t *)&loop->turn.timer, NULL);
    loop->turn.begun = false;
}
