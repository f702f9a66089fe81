/* A moment that was read is written and read again: the same moment, and exact. */
#include "fuzz.h"

#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size);
    enum time_flaw flaw;
    utc_ms at, again;
    char written[TIME_TEXT_LEN];

    if (time_parse(text, &at, &flaw)) {
        time_format(at, written);
        check(time_parse((struct str){ written, TIME_TEXT_LEN }, &again, &flaw));
        check(again == at);
        check(flaw == TIME_EXACT);
    }
    free((void *)(uintptr_t)text.ptr);
    return 0;
}
