/* sales_world.h - the sales database with its catalog and layer, opened once. */
#ifndef TESTS_SALES_WORLD_H
#define TESTS_SALES_WORLD_H

#include <stdio.h>

#include "sales_db.h"
#include "semantic/semantic.h"

static struct {
    db *d;
    const db_catalog *catalog;
    sem_layer *layer;
} world;

static bool open_world(void)
{
    err e = {0};

    if (world.layer)
        return true;
    world.d = sales_db_open();
    world.catalog = world.d ? db_catalog_get(world.d, &e) : NULL;
    world.layer = world.catalog ? sem_load_sales(world.d, world.catalog, &e) : NULL;
    if (!world.layer)
        fprintf(stderr, "%s\n", e.msg);
    return world.layer != NULL;
}

static void close_world(void)
{
    sem_free(world.layer);
    db_close(world.d);
}

#endif
