#include "sim/plan.h"

enum model_name {
    NORDLYS_22,
    BRIGHTWELL_22,
    KESTREL_11,
    KESTREL_7,
    HALDEN_50,
    HALDEN_150,
    MODEL_COUNT
};

const struct sim_model sim_models[] = {
    [NORDLYS_22] = { STR_INIT("Nordlys"), STR_INIT("Duo 22"), STR_INIT("4.2.1"),
                     .current_ma = 32000, .phases = 3, .evse_count = 2, .tx_point = TX_BOTH },
    [BRIGHTWELL_22] = { STR_INIT("Brightwell"), STR_INIT("Post 22-2"), STR_INIT("2025.11"),
                        .current_ma = 32000, .phases = 3, .evse_count = 2,
                        .tx_point = TX_EV_CONNECTED },
    [KESTREL_11] = { STR_INIT("Kestrel"), STR_INIT("Wall 11"), STR_INIT("1.9.0"),
                     .current_ma = 16000, .phases = 3, .evse_count = 1, .tx_point = TX_BOTH },
    [KESTREL_7] = { STR_INIT("Kestrel"), STR_INIT("Wall 7"), STR_INIT("1.8.4"), .current_ma = 32000,
                    .phases = 1, .evse_count = 1, .tx_point = TX_BOTH },
    [HALDEN_50] = { STR_INIT("Halden Power"), STR_INIT("HP 50"), STR_INIT("7.0.3"),
                    .power_w = 50000, .phases = 3, .evse_count = 1, .dc = true,
                    .tx_point = TX_BOTH },
    [HALDEN_150] = { STR_INIT("Halden Power"), STR_INIT("HP 150 Twin"), STR_INIT("7.1.0"),
                     .power_w = 150000, .station_power_w = 150000, .phases = 3, .evse_count = 2,
                     .dc = true, .tx_point = TX_AUTHORIZED },
};
const uint32_t sim_model_count = MODEL_COUNT;

/* 1.6 knows one way to begin a transaction. */
static const struct sim_model halden_150_16 = { STR_INIT("Halden Power"),  STR_INIT("HP 150 Twin"),
                                                STR_INIT("5.4.2"),         .power_w = 150000,
                                                .station_power_w = 150000, .phases = 3,
                                                .evse_count = 2,           .dc = true,
                                                .tx_point = TX_BOTH };

const struct driver_habits sim_habits_ac = {
    .gap_min_s = 180,
    .gap_max_s = 2400,
    .stay_min_s = 1800,
    .stay_max_s = 9000,
    .soc_min_permille = 150,
    .soc_max_permille = 700,
    .card_first_permille = 400,
    .forgets_permille = 15,
    .just_unplugs_permille = 350,
    .early_permille = 120,
};
const struct driver_habits sim_habits_dc = {
    .gap_min_s = 120,
    .gap_max_s = 1500,
    .stay_min_s = 900,
    .stay_max_s = 3000,
    .soc_min_permille = 80,
    .soc_max_permille = 500,
    .card_first_permille = 600,
    .forgets_permille = 10,
    .just_unplugs_permille = 100,
    .early_permille = 80,
};

const struct sim_site sim_demo_sites[SIM_DEMO_SITES] = {
    { STR_INIT("Harbour Garage"), STR_INIT("Quay Street 12, Hamburg"), STR_INIT("Europe/Berlin"),
      STR_INIT("EUR") },
    { STR_INIT("Depot North"), STR_INIT("Noorderweg 8, Amsterdam"), STR_INIT("Europe/Amsterdam"),
      STR_INIT("EUR") },
    { STR_INIT("Ring East Fast Charging"), STR_INIT("Ostring 101, Vienna"),
      STR_INIT("Europe/Vienna"), STR_INIT("EUR") },
};

#define TWO(a, b) { STR_INIT(a), STR_INIT(b) }
#define ONE(a)    { STR_INIT(a), STR_INIT("") }

const struct sim_demo_station sim_demo_stations[SIM_DEMO_STATIONS] = {
    { 0, STR_INIT("HG-01"), STR_INIT("Level 1, left"), STR_INIT("ND22-240117"),
      TWO("DE*VLD*E0101*1", "DE*VLD*E0101*2"), SIM_16, &sim_models[NORDLYS_22] },
    { 0, STR_INIT("HG-02"), STR_INIT("Level 1, right"), STR_INIT("ND22-240118"),
      TWO("DE*VLD*E0102*1", "DE*VLD*E0102*2"), SIM_201, &sim_models[NORDLYS_22] },
    { 0, STR_INIT("HG-03"), STR_INIT("Level 2, lift"), STR_INIT("BW-9911042"),
      TWO("DE*VLD*E0103*1", "DE*VLD*E0103*2"), SIM_201, &sim_models[BRIGHTWELL_22] },
    { 0, STR_INIT("HG-04"), STR_INIT("Level 2, ramp"), STR_INIT("BW-9911057"),
      TWO("DE*VLD*E0104*1", "DE*VLD*E0104*2"), SIM_21, &sim_models[BRIGHTWELL_22] },
    { 0, STR_INIT("HG-05"), STR_INIT("Entrance, fast"), STR_INIT("HP50-00213"),
      ONE("DE*VLD*E0105*1"), SIM_16, &sim_models[HALDEN_50] },
    { 1, STR_INIT("DN-01"), STR_INIT("Bay 1"), STR_INIT("KW11-50310"), ONE("NL*VLD*E0201*1"),
      SIM_16, &sim_models[KESTREL_11] },
    { 1, STR_INIT("DN-02"), STR_INIT("Bay 2"), STR_INIT("KW11-50311"), ONE("NL*VLD*E0202*1"),
      SIM_201, &sim_models[KESTREL_11] },
    { 1, STR_INIT("DN-03"), STR_INIT("Bay 3"), STR_INIT("KW11-50312"), ONE("NL*VLD*E0203*1"),
      SIM_21, &sim_models[KESTREL_11] },
    { 1, STR_INIT("DN-04"), STR_INIT("Visitors"), STR_INIT("KW07-12207"), ONE("NL*VLD*E0204*1"),
      SIM_21, &sim_models[KESTREL_7] },
    { 2, STR_INIT("RE-01"), STR_INIT("Canopy 1"), STR_INIT("HP150-0078"),
      TWO("AT*VLD*E0301*1", "AT*VLD*E0301*2"), SIM_16, &halden_150_16 },
    { 2, STR_INIT("RE-02"), STR_INIT("Canopy 2"), STR_INIT("HP150-0079"),
      TWO("AT*VLD*E0302*1", "AT*VLD*E0302*2"), SIM_201, &sim_models[HALDEN_150] },
    { 2, STR_INIT("RE-03"), STR_INIT("Canopy 3"), STR_INIT("HP150-0080"),
      TWO("AT*VLD*E0303*1", "AT*VLD*E0303*2"), SIM_21, &sim_models[HALDEN_150] },
};

const struct sim_demo_token sim_demo_tokens[SIM_DEMO_TOKENS] = {
    { { "04A1B2C3D4E580", "ISO14443" }, STR_INIT("Anna"), STR_INIT("RESIDENTS") },
    { { "04B7C2119F6A81", "ISO14443" }, STR_INIT("Bogdan"), STR_INIT("RESIDENTS") },
    { { "045E88D0A17C90", "ISO14443" }, STR_INIT("Chiara"), STR_INIT("") },
    { { "04D3417BE65F22", "ISO14443" }, STR_INIT("Van 1"), STR_INIT("FLEET-NORTH") },
    { { "04D3417BE65F23", "ISO14443" }, STR_INIT("Van 2"), STR_INIT("FLEET-NORTH") },
    { { "04D3417BE65F24", "ISO14443" }, STR_INIT("Van 3"), STR_INIT("FLEET-NORTH") },
    { { "0499C05A3E7712", "ISO14443" }, STR_INIT("Emil"), STR_INIT("") },
    { { "04F00D1CAFE901", "ISO14443" }, STR_INIT("Fatima"), STR_INIT("") },
    { { "0417AA93C0D5E4", "ISO14443" }, STR_INIT("Visitor card 1"), STR_INIT("") },
    { { "0417AA93C0D5E5", "ISO14443" }, STR_INIT("Visitor card 2"), STR_INIT("") },
};

static struct sim_setup setup_for(const struct sim_model *model, enum sim_protocol protocol)
{
    return (struct sim_setup){
        .protocol = protocol,
        .model = model,
        .habits = model->dc ? &sim_habits_dc : &sim_habits_ac,
        .speed = 1,
        .sample_s = -1,
        .aligned_s = -1,
        .first_car_at = UTC_UNKNOWN,
        .register_mwh = 1000000,
    };
}

void sim_demo_setups(struct sim_setup setups[SIM_DEMO_STATIONS], uint64_t seed, utc_ms start_at)
{
    struct rand rand = { seed };

    for (uint32_t i = 0; i < SIM_DEMO_STATIONS; i++) {
        const struct sim_demo_station *station = &sim_demo_stations[i];
        struct sim_setup *setup = &setups[i];

        *setup = setup_for(station->model, station->protocol);
        setup->id = station->id;
        setup->serial = station->serial;
        setup->speed = SIM_DEMO_SPEED;
        setup->sample_s = SIM_DEMO_SAMPLE_S;
        setup->seed = rand_next(&rand);
        setup->start_at = start_at + rand_range(&rand, 0, 500);
        setup->register_mwh = rand_range(&rand, 1000000, 90000000) * 1000;
        /* Two in three have a car within four seconds. */
        if (i % 3 != 2)
            setup->first_car_at = start_at + rand_range(&rand, 2000, 4000);
    }
}

struct sim_setup *sim_fleet_setups(const struct sim_fleet *fleet, struct arena *arena)
{
    struct sim_setup *setups = ARENA_NEW_ARRAY(arena, struct sim_setup, fleet->count);
    struct rand rand = { fleet->seed };

    check(fleet->speed >= 1);
    for (uint32_t i = 0; setups && i < fleet->count; i++) {
        bool mixed = fleet->protocol == SIM_PROTOCOL_COUNT;
        enum sim_protocol protocol =
            mixed ? (enum sim_protocol)(i % SIM_PROTOCOL_COUNT) : fleet->protocol;
        const struct sim_model *model = &sim_models[rand_below(&rand, MODEL_COUNT)];

        while (protocol == SIM_16 && model->tx_point != TX_BOTH)
            model = &sim_models[rand_below(&rand, MODEL_COUNT)];
        setups[i] = setup_for(model, protocol);
        setups[i].id = arena_printf(arena, "%.*s-%05u", STR_ARGS(fleet->prefix), i + 1);
        setups[i].serial = arena_printf(arena, "SN%08u", (unsigned)rand_below(&rand, 100000000));
        setups[i].speed = fleet->speed;
        setups[i].sample_s = fleet->sample_s;
        setups[i].aligned_s = fleet->aligned_s;
        setups[i].faults = fleet->faults;
        setups[i].control = fleet->control;
        if (fleet->rotated)
            setups[i].control.rotation = (uint8_t)(i % 3);
        setups[i].seed = rand_next(&rand);
        setups[i].start_at = fleet->start_at + rand_range(&rand, 0, fleet->spread_ms);
        setups[i].register_mwh = rand_range(&rand, 0, 90000000) * 1000;
        /* Every other station has a car within its first two minutes. */
        if (fleet->cars_soon && i % 2 == 0)
            setups[i].first_car_at =
                setups[i].start_at + 2000 + rand_range(&rand, 0, 120000) / fleet->speed;
        if (!setups[i].id.ptr || !setups[i].serial.ptr)
            return NULL;
    }
    return setups;
}

struct sim_token *sim_fleet_tokens(uint32_t count, struct arena *arena)
{
    struct sim_token *tokens = ARENA_NEW_ARRAY(arena, struct sim_token, count);

    for (uint32_t i = 0; tokens && i < count; i++) {
        struct buf id;

        buf_init(&id, tokens[i].id, sizeof tokens[i].id - 1);
        buf_printf(&id, "SIM%04u", i + 1);
        memcpy(tokens[i].type, "ISO14443", sizeof "ISO14443");
    }
    return tokens;
}
