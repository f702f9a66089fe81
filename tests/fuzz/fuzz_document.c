/* A document that was taken makes a tree in which every EVSE can be booked at its rating; what is
 * kept of it is taken again, and its hours have an end. */
#include "fuzz.h"

#include "dispatch/document.h"

static void look_at(const struct document *document, struct arena *arena)
{
    const struct zone *zone = zone_find(STR("Europe/Berlin"));
    struct tree_node *nodes = ARENA_NEW_ARRAY(arena, struct tree_node, document->node_count);
    struct tree_leaf *leaves = ARENA_NEW_ARRAY(arena, struct tree_leaf, document->evse_count);
    utc_ms at = INT64_C(1792800000000); /* the day before clocks go back */
    struct tree *tree;

    check(nodes != NULL && leaves != NULL);
    for (int step = 0; step < 10 && at != UTC_NEVER; step++) {
        utc_ms next = document_next_change(document, zone, at);
        document_tree(document, zone, at, nodes);
        check(next > at);
        at = next;
    }
    for (uint32_t i = 0; i < document->evse_count; i++)
        leaves[i] = document->evses[i].leaf;
    if (document->node_count == 0)
        return;
    check(tree_new(arena, nodes, document->node_count, leaves, document->evse_count, &tree) ==
          ERR_NONE);
    for (uint32_t i = 0; i < document->evse_count; i++)
        tree_book(tree, i, document->evses[i].max_da);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct document_findings findings;
    struct str text = fuzz_text(data, size);
    struct document document, again;
    struct arena arena;

    arena_init(&arena, NULL, 0);
    if (document_read(text, NULL, &arena, &document, &findings) == ERR_NONE) {
        check(findings.errors == 0);
        look_at(&document, &arena);
        check(document_read(document.text, NULL, &arena, &again, &findings) == ERR_NONE);
        check(again.node_count == document.node_count);
        check(again.evse_count == document.evse_count);
        check(str_equal(again.text, document.text));
    }
    arena_reset(&arena);
    free((void *)(uintptr_t)text.ptr);
    return 0;
}
