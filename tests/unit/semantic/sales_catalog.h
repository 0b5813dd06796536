/* sales_catalog.h - the catalog of the sales database, without a database.
 *
 * Enough for loading the layer and compiling questions: names, types, keys and
 * the ranges that say which day is today. */
#ifndef TESTS_SALES_CATALOG_H
#define TESTS_SALES_CATALOG_H

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/db.h"

/* table: column type[!] …; ! marks the primary key. */
static const char *const sales_tables[] = {
    "calendar: date D! year I quarter I month_start D iso_week I week_start D weekday T is_holiday B holiday T "
    "fiscal_year I fiscal_quarter I fiscal_period I fiscal_week I fiscal_week_start D same_day_last_year D",
    "categories: category_id I! category T department T",
    "company: name T base_currency T fiscal_year_start_month I data_from D data_to D schema_version I seed I",
    "customers: customer_id I! customer T segment T country T joined_on D",
    "exchange_rates: currency T! month_start D! eur_per_unit N",
    "inventory: snapshot_on D! store_id I! product_id I! on_hand I",
    "products: product_id I! sku T product T brand T category_id I list_price N unit_cost N launched_on D discontinued_on D",
    "promotions: promotion_id I! promotion T kind T discount_pct N starts_on D ends_on D",
    "regions: region_id I! region T country T currency T",
    "returns: return_id I! sale_id I returned_on D quantity I refund_amount N reason T",
    "sales: sale_id I! order_id I sold_on D sold_at H store_id I channel T customer_id I product_id I promotion_id I "
    "quantity I list_amount N discount_amount N net_amount N cost_amount N currency T net_amount_local N",
    "store_closures: store_id I! from_on D! to_on D reason T",
    "stores: store_id I! store_code T store T region_id I city T format T manager T floor_area_m2 I opened_on D closed_on D",
    "targets: store_id I! month_start D! sales_target N",
};

static void test_column(db_column *c, arena *a, char *name, const char *type)
{
    *c = (db_column){.name = arena_str(a, name), .comment = "", .fk_table = -1, .fk_column = -1,
                     .n_distinct = -1, .min_text = "", .max_text = "", .nullable = true};
    c->primary_key = type[1] == '!';
    c->type = *type == 'D' ? DB_DATE : *type == 'I' ? DB_INTEGER : *type == 'N' ? DB_DECIMAL
              : *type == 'B' ? DB_BOOLEAN : *type == 'H' ? DB_TIME : DB_TEXT;
    c->type_text = *type == 'N' ? "DECIMAL(14,2)" : *type == 'D' ? "DATE" : *type == 'I' ? "INTEGER" : "VARCHAR";
    if (!strcmp(name, "data_to"))
        c->min_text = c->max_text = "2026-05-20";
    if (!strcmp(name, "data_from"))
        c->min_text = c->max_text = "2021-01-01";
    if (!strcmp(name, "base_currency"))
        c->min_text = c->max_text = "EUR";
}

/* NULL when the arena is full. */
static const db_catalog *sales_catalog(arena *a)
{
    enum { N = sizeof sales_tables / sizeof sales_tables[0] };
    db_catalog *c = arena_push(a, db_catalog, 1);
    db_table *tables = arena_push(a, db_table, N);

    if (!c || !tables)
        return NULL;
    for (int i = 0; i < N; i++) {
        char *text = arena_str(a, sales_tables[i]), *save = NULL;
        db_column *columns = arena_push(a, db_column, 24);

        if (!text || !columns)
            return NULL;
        tables[i] = (db_table){.name = strtok_r(text, ":", &save), .comment = "", .n_rows = 100, .columns = columns};
        for (char *name = strtok_r(NULL, " ", &save); name; name = strtok_r(NULL, " ", &save))
            test_column(&columns[tables[i].n_columns++], a, name, strtok_r(NULL, " ", &save));
    }
    *c = (db_catalog){.database = "sales.duckdb", .fingerprint = "", .tables = tables, .n_tables = N};
    return c;
}

#endif
