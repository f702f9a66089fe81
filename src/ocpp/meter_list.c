#include "ocpp/meter_list.h"

#include "ocpp/power_tell.h"

utc_ms meter_list_last_at(const struct meter_list *list)
{
    return list->count ? list->moment(list->values, list->count - 1).at : UTC_UNKNOWN;
}

static struct sample sample_at(const struct meter_list *list, uint32_t index, uint32_t sample)
{
    const struct sample_raw raw = list->sample(list->values, index, sample);

    return sample_read(&raw);
}

bool meter_list_tell(struct turn *turn, struct in *in, const struct meter_list *list,
                     struct fact_transaction *fact)
{
    struct reading *readings = ARENA_NEW_ARRAY(turn->arena, struct reading, list->count);

    if (!readings)
        return false;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct meter_moment moment = list->moment(list->values, i);
        readings[i].at = moment.at;
        for (uint32_t k = 0; k < moment.sample_count; k++) {
            const struct sample sample = sample_at(list, i, k);
            reading_add(&readings[i], &sample);
            power_sample(in, &sample);
        }
        reading_finish(&readings[i]);
    }
    fact->readings = readings;
    fact->reading_count = list->count;
    return true;
}

enum err meter_list_samples(const struct meter_list *list, struct arena *arena,
                            struct frame_samples *out)
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < list->count; i++)
        total += list->moment(list->values, i).sample_count;
    out->samples = ARENA_NEW_ARRAY(arena, struct sample, total);
    out->count = 0;
    if (!out->samples)
        return ERR_FULL;
    for (uint32_t i = 0; i < list->count; i++)
        for (uint32_t k = 0; k < list->moment(list->values, i).sample_count; k++)
            out->samples[out->count++] = sample_at(list, i, k);
    return ERR_NONE;
}
