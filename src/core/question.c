#include "core/engine.h"
#include "core/logread.h"

void question_answer(struct question *question, struct store_reader *reader, struct store *store)
{
    struct store_sum_query sums;

    switch (question->kind) {
    case QUESTION_QUERY:
        question->err =
            reader->ops->query(reader, &question->query, &question->arena, &question->rows);
        return;
    case QUESTION_SUMS:
        sums = (struct store_sum_query){ question->group, question->from, question->to };
        question->err = reader->ops->sum_sessions(reader, &sums, &question->arena, &question->sums);
        return;
    case QUESTION_LOG:
        question->err = log_read(reader, &question->log_query, &question->arena, &question->page);
        return;
    case QUESTION_WORK:
        question->work(question->work_data, store);
        return;
    case QUESTION_STEPS:
    case QUESTION_CALL:
        break;
    }
    check(!"who carries out the steps answers, and a station its call");
}
