/* How calm a new site is: docs/energy.md says where the numbers come from. */
#include "energy/site.h"

struct site_rules site_rules_default(void)
{
    return (struct site_rules){
        .step_min_da = 10,
        .hold_ms = 30000,
        .switch_ms = 300000,
        .turn_ms = 900000,
        .ramp_permille_s = 0,
        .reclaim_ms = 30000,
        .period_ms = 300000,
    };
}
