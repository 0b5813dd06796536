/* ask.c - the public C API in one page: ask, read fields, walk the rows.
 *
 *     cc ask.c $(pkg-config --cflags --libs salesbot) -o ask
 *     ./ask sales.duckdb "sales by region in 2024" */
#include <salesbot/salesbot.h>
#include <stdio.h>
#include <stdlib.h>

static void on_event(void *arg, const char *event, const char *json)
{
    (void)json;
    ++*(int *)arg;
    if (getenv("VERBOSE"))
        fprintf(stderr, "%s\n", event);
}

static int show_rows(salesbot_state *answer)
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    salesbot_error e;
    long rows = 0;

    if (!salesbot_state_take_arrow(answer, &stream, &e))
        return fprintf(stderr, "%s\n", e.message), 1;
    while (!stream.get_next(&stream, &batch) && batch.release) {
        rows += (long)batch.length;
        batch.release(&batch);
    }
    stream.release(&stream);
    printf("%ld rows, %d columns\n", rows, (int)salesbot_state_count(answer, "results.columns"));
    return 0;
}

int main(int argc, char **argv)
{
    int code = 1, events = 0;
    salesbot_error e;
    salesbot_options *options = salesbot_options_new(&e);
    salesbot_engine *engine = NULL;
    salesbot_session *session = NULL;
    salesbot_state *answer = NULL;

    if (argc != 3 || salesbot_api_version() < SALESBOT_API_VERSION)
        return fprintf(stderr, "usage: ask DATABASE QUESTION\n"), 2;
    if (options && salesbot_options_set(options, "no_model", "1", &e))
        engine = salesbot_engine_new(options, &e);
    if (engine)
        session = salesbot_open(engine, argv[1], options, &e);
    if (session) {
        salesbot_options_on_event(options, on_event, &events);
        answer = salesbot_ask(session, NULL, argv[2], options, &e);
    }
    if (!answer) {
        fprintf(stderr, "%s\n", e.message);
        code = e.exit_code;
    } else {
        code = salesbot_state_exit(answer);
        printf("%s\n%s (%s)\n", salesbot_state_answer(answer), salesbot_state_sql(answer),
               salesbot_state_field(answer, "confidence.word"));
        if (salesbot_state_code(answer) == SALESBOT_OK)
            code |= show_rows(answer);
        if (!events)
            code = 1;
    }
    salesbot_state_free(answer);
    salesbot_close(session);
    salesbot_engine_free(engine);
    salesbot_options_free(options);
    return code;
}
