#include "energy/soc.h"

enum {
    FULL_PERMILLE = 1000,
    RISE_PERMILLE = 100, /* a shorter one says too little: states come in whole percents */
    SIZE_MIN_WH = 5000,  /* smaller and larger ones are no cars' */
    SIZE_MAX_WH = 2000000,
    ROUND_PERMILLE = 10,
    FALLS_PERMILLE = 750, /* before, constant voltage has not begun (docs/energy.md) */
    BEYOND_PERMILLE = 50, /* who takes so much more than until it was full is not known */
};

static int32_t full(const struct soc *soc)
{
    return soc->full_permille > 0 ? soc->full_permille : FULL_PERMILLE;
}

static bool is_known(const struct soc *soc)
{
    return soc->told && soc->size_wh > 0 && !soc->doubted;
}

/* In thousandths of it, by what was taken since it was told. */
static int64_t soc_now(const struct soc *soc, int64_t energy_mwh)
{
    return soc->soc_permille + (energy_mwh - soc->at_mwh) / soc->size_wh;
}

static void learn(struct soc *soc, int64_t energy_mwh)
{
    int32_t rise = soc->soc_permille - soc->from_permille;
    int64_t size_wh = rise > 0 ? (energy_mwh - soc->from_mwh) / rise : 0;

    if (rise < RISE_PERMILLE)
        return;
    if (size_wh >= SIZE_MIN_WH && size_wh <= SIZE_MAX_WH)
        soc->size_wh = size_wh;
    else
        soc->doubted = true;
}

void soc_told(struct soc *soc, int32_t soc_permille, int64_t energy_mwh)
{
    if (soc_permille < 0 || soc_permille > FULL_PERMILLE || energy_mwh < 0)
        return;
    /* It went on beyond what would have filled it. */
    if (is_known(soc) && soc_now(soc, energy_mwh) > FULL_PERMILLE + BEYOND_PERMILLE)
        soc->doubted = true;
    if (!soc->told || soc_permille < soc->soc_permille || energy_mwh < soc->from_mwh) {
        soc->from_permille = soc_permille;
        soc->from_mwh = energy_mwh;
    }
    soc->told = true;
    soc->soc_permille = soc_permille;
    soc->at_mwh = energy_mwh;
    learn(soc, energy_mwh);
}

void soc_is(struct soc *soc, int64_t size_wh, int32_t full_permille)
{
    if (size_wh >= SIZE_MIN_WH && size_wh <= SIZE_MAX_WH)
        soc->size_wh = size_wh;
    if (full_permille > 0 && full_permille <= FULL_PERMILLE)
        soc->full_permille = full_permille;
}

int64_t soc_size_wh(const struct soc *soc)
{
    return soc->doubted ? 0 : soc->size_wh;
}

int64_t soc_left_wh(const struct soc *soc, int64_t energy_mwh)
{
    int64_t left;

    if (!is_known(soc))
        return SOC_UNKNOWN;
    left = full(soc) + ROUND_PERMILLE - soc_now(soc, energy_mwh);
    if (left < -BEYOND_PERMILLE)
        return SOC_UNKNOWN;
    return (left > ROUND_PERMILLE ? left : ROUND_PERMILLE) * soc->size_wh / FULL_PERMILLE;
}

bool soc_falls(const struct soc *soc, int64_t energy_mwh, int64_t need_wh)
{
    return !is_known(soc) ||
           soc_now(soc, energy_mwh) + need_wh * FULL_PERMILLE / soc->size_wh > FALLS_PERMILLE;
}
