#include "domain/samples.h"

#include "base/varint.h"

/* Words that nearly all samples are made of: one byte each. The order is stored: add at the end, at
 * most 200. */
static const struct str words[] = {
    STR_INIT(""),
    STR_INIT("Energy.Active.Import.Register"),
    STR_INIT("Power.Active.Import"),
    STR_INIT("Current.Import"),
    STR_INIT("Voltage"),
    STR_INIT("SoC"),
    STR_INIT("Current.Offered"),
    STR_INIT("Power.Offered"),
    STR_INIT("Temperature"),
    STR_INIT("Frequency"),
    STR_INIT("Energy.Active.Export.Register"),
    STR_INIT("Energy.Active.Import.Interval"),
    STR_INIT("Power.Active.Export"),
    STR_INIT("Power.Factor"),
    STR_INIT("Energy.Reactive.Import.Register"),
    STR_INIT("Wh"),
    STR_INIT("W"),
    STR_INIT("A"),
    STR_INIT("V"),
    STR_INIT("%"),
    STR_INIT("Hz"),
    STR_INIT("Celsius"),
    STR_INIT("var"),
    STR_INIT("varh"),
    STR_INIT("VA"),
    STR_INIT("L1"),
    STR_INIT("L2"),
    STR_INIT("L3"),
    STR_INIT("N"),
    STR_INIT("L1-N"),
    STR_INIT("L2-N"),
    STR_INIT("L3-N"),
    STR_INIT("L1-L2"),
    STR_INIT("L2-L3"),
    STR_INIT("L3-L1"),
    STR_INIT("Outlet"),
    STR_INIT("Inlet"),
    STR_INIT("Body"),
    STR_INIT("Cable"),
    STR_INIT("EV"),
    STR_INIT("Sample.Periodic"),
    STR_INIT("Sample.Clock"),
    STR_INIT("Transaction.Begin"),
    STR_INIT("Transaction.End"),
    STR_INIT("Trigger"),
    STR_INIT("Interruption.Begin"),
    STR_INIT("Interruption.End"),
    STR_INIT("Other"),
};

enum { LITERAL = 255 };

static void put_word(struct buf *out, struct str word)
{
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_equal(words[i], word)) {
            buf_put_byte(out, (char)i);
            return;
        }
    buf_put_byte(out, (char)LITERAL);
    varint_put_text(out, word);
}

void samples_put(struct buf *out, const struct sample *sample)
{
    varint_put(out, sample->at);
    buf_put_byte(out, (char)(sample->has_value | sample->unit_guessed << 1));
    varint_put(out, sample->value_milli);
    put_word(out, sample->measurand);
    put_word(out, sample->unit);
    put_word(out, sample->phase);
    put_word(out, sample->location);
    put_word(out, sample->context);
}

static bool take_byte(struct str *bytes, uint8_t *byte)
{
    if (bytes->len == 0)
        return false;
    *byte = (uint8_t)bytes->ptr[0];
    *bytes = str_from(*bytes, 1);
    return true;
}

static bool take_word(struct str *bytes, struct str *word)
{
    uint8_t index;

    if (!take_byte(bytes, &index))
        return false;
    if (index < COUNT(words)) {
        *word = words[index];
        return true;
    }
    return index == LITERAL && varint_take_text(bytes, word);
}

enum err samples_take(struct str *bytes, struct sample *sample)
{
    struct sample got = { 0 };
    uint8_t bits;

    if (bytes->len == 0)
        return ERR_NOT_FOUND;
    if (!varint_take(bytes, &got.at) || !take_byte(bytes, &bits) ||
        !varint_take(bytes, &got.value_milli) || !take_word(bytes, &got.measurand) ||
        !take_word(bytes, &got.unit) || !take_word(bytes, &got.phase) ||
        !take_word(bytes, &got.location) || !take_word(bytes, &got.context))
        return ERR_CORRUPT;
    got.has_value = bits & 1;
    got.unit_guessed = bits >> 1 & 1;
    *sample = got;
    return ERR_NONE;
}
