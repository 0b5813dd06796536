/* adapter_impl.h - what reading and writing of adapters share. */
#ifndef WEIGHTS_ADAPTER_IMPL_H
#define WEIGHTS_ADAPTER_IMPL_H

#include "weights/adapter.h"
#include "weights/weights_impl.h"

/* The matrix that a PEFT name means; false if it is none of ours. */
typedef struct adapter_place {
    int layer, target; /* target: index of its bit */
    bool is_b;
} adapter_place;
MUST_CHECK bool adapter_place_of(const char *name, adapter_place *place);

/* Index of a module's last word ("q_proj"), or -1. */
int adapter_target_index(const char *module);

#endif
