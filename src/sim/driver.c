#include "sim/driver.h"

#define HOUR_MS 3600000LL
#define DAY_MS  (24 * HOUR_MS)

static bool chance(struct rand *rand, int32_t permille)
{
    return rand_below(rand, 1000) < (uint64_t)permille;
}

static const struct car_model *pick_car(struct rand *rand, bool dc)
{
    const struct car_model *model;

    do
        model = &car_models[rand_below(rand, car_model_count)];
    while (dc && !model->has_dc); /* most have: a few draws at most */
    return model;
}

/* Nine in ten who would come by night come in the morning instead. */
static utc_ms after_the_night(utc_ms at, struct rand *rand)
{
    int64_t of_day = ((at % DAY_MS) + DAY_MS) % DAY_MS;

    if ((of_day >= 6 * HOUR_MS && of_day < 22 * HOUR_MS) || chance(rand, 100))
        return at;
    at += of_day >= 22 * HOUR_MS ? DAY_MS - of_day + 6 * HOUR_MS : 6 * HOUR_MS - of_day;
    return at + rand_range(rand, 0, 3 * HOUR_MS);
}

static enum driver_manner pick_manner(struct rand *rand, const struct driver_habits *habits)
{
    bool forgets = chance(rand, habits->forgets_permille);

    if (chance(rand, habits->card_first_permille))
        return forgets ? DRIVER_SHOWS_CARD_ONLY : DRIVER_SHOWS_CARD_FIRST;
    return forgets ? DRIVER_PLUGS_ONLY : DRIVER_PLUGS_FIRST;
}

void driver_next(struct driver_visit *visit, const struct driver_place *place, struct rand *rand,
                 utc_ms from)
{
    const struct driver_habits *habits = place->habits;
    int32_t speed = place->speed;
    int64_t gap_ms = rand_range(rand, habits->gap_min_s, habits->gap_max_s) * 1000 / speed;
    int64_t stay_ms = rand_range(rand, habits->stay_min_s, habits->stay_max_s) * 1000 / speed;
    int32_t soc = (int32_t)rand_range(rand, habits->soc_min_permille, habits->soc_max_permille);

    check(speed >= 1);
    if (chance(rand, habits->early_permille))
        stay_ms /= 4;
    *visit = (struct driver_visit){ .arrives_at = from + gap_ms };
    if (habits->sleeps_at_night)
        visit->arrives_at = after_the_night(visit->arrives_at, rand);
    visit->leaves_at = visit->arrives_at + stay_ms;
    visit->fumble_ms = (int32_t)rand_range(rand, 3000, 25000) / speed;
    visit->manner = pick_manner(rand, habits);
    visit->leaving = chance(rand, habits->just_unplugs_permille) ? DRIVER_JUST_UNPLUGS
                                                                 : DRIVER_STOPS_THEN_UNPLUGS;
    visit->token = (uint32_t)rand_next(rand);
    car_init(&visit->car, habits->car ? habits->car : pick_car(rand, place->dc), soc, speed);
    if (chance(rand, 500))
        visit->car.limit_permille = (int16_t)(soc < 800 ? 800 : 1000);
}
